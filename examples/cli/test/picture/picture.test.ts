import { Worker } from 'node:worker_threads'
import { decode as decodePng } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { layOutCaption, wrapText } from '../../src/picture/caption.ts'
import { glyphDot, glyphHeight, glyphWidth, toFontText } from '../../src/picture/font.ts'
import { explainPng, previewWebp } from '../../src/picture/index.ts'
import { streakColors } from '../../src/picture/palette.ts'
import { encodePng } from '../../src/picture/png.ts'
import { fitSize } from '../../src/picture/preview.ts'
import { createRaster, drawLine, drawText, textWidth } from '../../src/picture/raster.ts'
import { cleanAssessment, fabricateSky, streakBetween } from './sky.ts'

const sky = fabricateSky({ seed: 1, width: 600, height: 400, stars: 80 })

describe('previewWebp', () => {
  it('codes a stretched picture of the wanted size', async () => {
    const { bytes, width, height } = await previewWebp(sky, { longSidePx: 300 })
    expect([width, height]).toEqual([300, 200])
    expect(Buffer.from(bytes.subarray(0, 4)).toString()).toBe('RIFF')
    expect(Buffer.from(bytes.subarray(8, 12)).toString()).toBe('WEBP')
  })

  it('never enlarges, and takes the smallest and the emptiest frames', async () => {
    expect(fitSize({ width: 30, height: 20 }, 1000)).toEqual({ width: 30, height: 20 })
    expect(fitSize({ width: 5000, height: 1 }, 100)).toEqual({ width: 100, height: 1 })
    const dot = { data: new Float32Array([5]), width: 1, height: 1 }
    expect((await previewWebp(dot)).width).toBe(1)
    const blank = { data: new Float32Array(100).fill(Number.NaN), width: 10, height: 10 }
    expect((await previewWebp(blank)).bytes.length).toBeGreaterThan(20)
    const flat = { data: new Float32Array(100).fill(7), width: 10, height: 10 }
    expect((await previewWebp(flat)).bytes.length).toBeGreaterThan(20)
  })

  it('keeps noisy pictures small', async () => {
    const noisy = fabricateSky({ seed: 2, width: 1000, height: 667, stars: 2000 })
    const { bytes } = await previewWebp(noisy)
    expect(bytes.length).toBeLessThan(110_000)
  })

  it('works in a worker thread', async () => {
    const url = new URL('../../src/picture/webp.ts', import.meta.url)
    const code = `
      const { parentPort } = require('node:worker_threads')
      import(${JSON.stringify(url.href)})
        .then(({ encodeGreyWebp }) => encodeGreyWebp(new Uint8ClampedArray(600), 30, 20, 60))
        .then((bytes) => parentPort.postMessage(bytes.length))`
    const worker = new Worker(code, { eval: true })
    const length = await new Promise((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    await worker.terminate()
    expect(length).toBeGreaterThan(20)
  })
})

describe('explainPng', () => {
  const colorAt = (png: Uint8Array, x: number, y: number) => {
    const { data, width, channels } = decodePng(png)
    return [...data.subarray((y * width + x) * channels, (y * width + x + 1) * channels)]
  }
  const dark = { data: new Float32Array(400 * 300).fill(10), width: 400, height: 300 }

  it('is the bare grey picture without an assessment', () => {
    const picture = decodePng(explainPng(sky, undefined))
    expect([picture.width, picture.height, picture.channels]).toEqual([600, 400, 1])
    expect(decodePng(explainPng(sky, undefined, { longSidePx: 150 })).width).toBe(150)
  })

  it('draws lines beside a trail and leaves the trail itself alone', () => {
    const streaks = [streakBetween([20, 150, 380, 150], { widthPx: 3 })]
    const png = explainPng(dark, cleanAssessment({ streaks }))
    const plain = explainPng(dark, cleanAssessment({ streaks }), { streaks: false })
    expect(colorAt(png, 200, 150)).toEqual(colorAt(plain, 200, 150))
    expect(colorAt(png, 200, 142)).toEqual([...streakColors.satellite])
    expect(colorAt(png, 200, 158)).toEqual([...streakColors.satellite])
    expect(colorAt(png, 20, 150)).toEqual([...streakColors.satellite])
  })

  it('tints covered cells, and not where it is told not to', () => {
    const { grid } = cleanAssessment().clouds
    const covered = grid.covered.map((_, cell) => (cell === 0 ? 1 : 0))
    const transparency = grid.transparency.map((value, cell) => (cell === 1 ? 0.5 : value))
    const clouds = { coverage: 0.02, transparency: 1, grid: { ...grid, covered, transparency } }
    const png = explainPng(dark, cleanAssessment({ clouds }))
    const [red, green] = colorAt(png, 10, 10)
    expect(red).toBeGreaterThan(green! + 10)
    const [, , blue] = colorAt(png, 60, 10)
    expect(blue).toBeLessThan(colorAt(png, 60, 10)[0]!)
    const plain = explainPng(dark, cleanAssessment({ clouds }), { grid: false })
    expect(new Set(colorAt(plain, 10, 10)).size).toBe(1)
  })

  it('marks the region of a cause and writes why below the picture', () => {
    const region = { x0: 100, y0: 50, x1: 200, y1: 90 }
    const causes = [
      { kind: 'occlusion', severity: 0.9, evidence: { coverage: 0.4 }, region },
    ] as const
    const clean = decodePng(explainPng(dark, cleanAssessment()))
    const png = explainPng(dark, cleanAssessment({ causes }), { title: 'Löwe_0001.fits' })
    expect(decodePng(png).height).toBeGreaterThan(clean.height)
    expect(colorAt(png, 150, 50)[0]).toBeGreaterThan(colorAt(png, 150, 70)[0]! + 30)
  })

  it('makes room for the caption under tiny frames', () => {
    const dot = { data: new Float32Array([5]), width: 1, height: 1 }
    const png = decodePng(explainPng(dot, cleanAssessment(), { title: 'dot.fits' }))
    expect(png.width).toBe(360)
    expect(png.height).toBeGreaterThan(40)
  })
})

describe('encodePng', () => {
  it.each([1, 3] as const)('is read back by another library, %d channels', (channels) => {
    const data = Uint8Array.from({ length: 7 * 5 * channels }, (_, index) => (index * 37) % 256)
    const back = decodePng(encodePng({ data, width: 7, height: 5, channels }))
    expect([back.width, back.height, back.channels, back.depth]).toEqual([7, 5, channels, 8])
    expect([...back.data]).toEqual([...data])
  })
})

describe('drawing', () => {
  it('smooths slanted lines and keeps straight ones sharp', () => {
    const raster = createRaster(40, 40, [0, 0, 0])
    drawLine(
      raster,
      [
        { x: 5, y: 10 },
        { x: 35, y: 10 },
      ],
      { color: [255, 255, 255], widthPx: 1 },
    )
    const red = (x: number, y: number) => raster.data[(y * 40 + x) * 3]
    expect([red(20, 9), red(20, 10), red(20, 11)]).toEqual([0, 255, 0])
    drawLine(
      raster,
      [
        { x: 5, y: 20 },
        { x: 35, y: 30 },
      ],
      { color: [255, 255, 255], widthPx: 1.5 },
    )
    const levels = new Set(raster.data)
    expect(levels.size).toBeGreaterThan(5)
  })

  it('stays on the raster', () => {
    const raster = createRaster(10, 10, [1, 2, 3])
    drawLine(
      raster,
      [
        { x: -50, y: -50 },
        { x: 60, y: 90 },
      ],
      { color: [9, 9, 9], widthPx: 3 },
    )
    drawText(raster, 'Wide text', { x: 5, y: 5, scale: 3, color: [200, 0, 0] })
    expect(raster.data).toHaveLength(300)
  })
})

describe('letters', () => {
  const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))

  it('gives every letter of ASCII its own shape', () => {
    const shapes = ascii.map((letter) =>
      Array.from({ length: glyphHeight * glyphWidth }, (_, dot) =>
        glyphDot(letter, dot % glyphWidth, Math.floor(dot / glyphWidth)) ? '#' : '.',
      ).join(''),
    )
    expect(new Set(shapes).size).toBe(95)
    expect(shapes.slice(1).every((shape) => shape.includes('#'))).toBe(true)
  })

  it('rewrites what the font does not have', () => {
    expect(toFontText('session’s 3″ · Löwe 星')).toBe('session\'s 3" - Lowe ?')
    expect(textWidth('ab', 2)).toBe(22)
  })

  it('breaks lines at spaces, and words that are too long', () => {
    expect(wrapText('the night was clear', 9)).toEqual(['the night', 'was clear'])
    expect(wrapText('abcdefghij kl', 4)).toEqual(['abcd', 'efgh', 'ij', 'kl'])
    expect(wrapText('', 9)).toEqual([])
  })

  it('tells singular and plural in the caption', () => {
    const text = (count: number) => {
      const streaks = Array.from({ length: count }, () => streakBetween([0, 0, 9, 9]))
      const { lines } = layOutCaption(cleanAssessment({ streaks }), '', 2000)
      return lines.map((line) => line.map((run) => run.text).join('')).join(' ')
    }
    expect(text(1)).toContain('1 trail')
    expect(text(2)).toContain('2 trails')
  })
})
