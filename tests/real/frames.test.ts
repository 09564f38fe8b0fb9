import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { assessFrames, type FrameAssessment } from '@nebulift/prefilter'
import { judgeFile } from 'nebulift'
import { beforeAll, describe, expect, it } from 'vitest'

// Real frames are examples kept beside the project, never in it; see their README for who judged what.
const data = new URL('../../../shared/data/', import.meta.url).pathname
const present = existsSync(data)
if (!present) process.stdout.write('tests/real: the folder with real frames is absent; skipped\n')

const kindsOf = (frame: FrameAssessment) => frame.causes.map(({ kind }) => kind)
const clouds = ['cloud', 'haze', 'occlusion']

/** Judges files together, as `nebulift batch` does with a folder. */
async function judgeTogether(folder: string, names?: readonly string[]) {
  const files = (names ?? readdirSync(join(data, folder)).sort()).filter((name) =>
    /\.(fits?|fz)$/i.test(name),
  )
  const measurements = []
  for (const name of files)
    measurements.push((await judgeFile(join(data, folder, name), { previewPx: 0 })).measurement)
  const assessments = assessFrames(measurements)
  return new Map(files.map((name, i) => [name, assessments[i] as FrameAssessment]))
}

async function judgeAlone(path: string): Promise<FrameAssessment> {
  const { measurement } = await judgeFile(join(data, path), { previewPx: 0 })
  return assessFrames([measurement])[0] as FrameAssessment
}

describe.skipIf(!present)('a night with clouds', () => {
  let night: Map<string, FrameAssessment>
  beforeAll(async () => {
    night = await judgeTogether('subframes/cminsky_20181012_clouds')
  })
  it.each([15, 17])('keeps the clear frame %d', (n) =>
    expect(night.get(`lux-180s-${n}.fit`)).toMatchObject({ verdict: 'clean', action: 'keep' }),
  )
  it.each([23, 35, 36])('sees the cloud in frame %d', (n) => {
    const frame = night.get(`lux-180s-${n}.fit`)!
    expect(frame.verdict).not.toBe('clean')
    expect(kindsOf(frame).some((kind) => clouds.includes(kind))).toBe(true)
  })
})

describe.skipIf(!present)('a night out of focus', () => {
  it('says defocus of each frame', async () => {
    for (const frame of (await judgeTogether('subframes/cminsky_20181017_defocus')).values()) {
      expect(frame.verdict).not.toBe('clean')
      expect(kindsOf(frame)).toContain('defocus')
    }
  })
})

describe.skipIf(!present)('a night with stray light', () => {
  it('keeps the good frames and not the bad one', async () => {
    const night = await judgeTogether('subframes/cminsky_20181017_good')
    expect(night.get('a-240s-19.fit')!.verdict).toBe('clean')
    expect(night.get('a-240s-32.fit')!.verdict).toBe('clean')
    expect(night.get('a-240s-20.fit')!.verdict).not.toBe('clean')
  })
  it('does not call the bad one clean by itself either', async () => {
    expect((await judgeAlone('subframes/cminsky_20181017_good/a-240s-20.fit')).verdict).not.toBe(
      'clean',
    )
  })
})

describe.skipIf(!present)('a night of tracking errors', () => {
  it('finds them and keeps the good frame', async () => {
    const night = await judgeTogether('subframes/exotic_hatp32')
    expect(night.get('HATP-32171220045715.FITS')!.verdict).toBe('clean')
    for (const time of ['013343', '015713', '053312']) {
      const frame = night.get(`HATP-32171220${time}.FITS`)!
      expect(frame.verdict).not.toBe('clean')
      expect(kindsOf(frame)).toContain('tracking')
    }
  })
  it('sees stars drawn to arcs', async () => {
    const frame = await judgeAlone('subframes/panoptes_osc/rotation.fits')
    expect(frame.verdict).not.toBe('clean')
    expect(frame.streaks).toEqual([])
  })
})

describe.skipIf(!present)('frames that are no pictures of the sky', () => {
  it.each([
    'cminsky_calib/a-180.000secs.Bias.Open.00000206.fit',
    'cminsky_calib/a-180.000secs.Dark.Open.00000201.fit',
    'asi120/bias_0001.fit',
    'asi120/flat_0001.fit',
    'm13_orion_maxim/M13_blue_0001.fits',
  ])('asks for a look at %s', async (path) => {
    const frame = await judgeAlone(`subframes/${path}`)
    expect(frame.verdict).toBe('review')
    expect(kindsOf(frame)).toContain('no-stars')
  })
})

describe.skipIf(!present)('trails', () => {
  const reaches = (
    streaks: FrameAssessment['streaks'],
    [ax, ay]: readonly [number, number],
    [bx, by]: readonly [number, number],
    tolerance: number,
  ) =>
    streaks.some(({ x0, y0, x1, y1 }) => {
      const near = (x: number, y: number, u: number, v: number) =>
        Math.hypot(x - u, y - v) <= tolerance
      return (
        (near(x0, y0, ax, ay) && near(x1, y1, bx, by)) ||
        (near(x0, y0, bx, by) && near(x1, y1, ax, ay))
      )
    })

  it('finds the long one inside the frame, to its ends', async () => {
    const { streaks, verdict } = await judgeAlone('streaks/astride_long.fits')
    expect(streaks).toHaveLength(1)
    expect(reaches(streaks, [20, 342], [341, 307], 6)).toBe(true)
    expect(verdict).toBe('contaminated')
  })

  it('finds three parallel ones', async () => {
    const { streaks } = await judgeAlone('streaks/trailblazer/cutout_bi327715.fits')
    expect(streaks).toHaveLength(3)
    expect(reaches(streaks, [0, 364], [399, 142], 8)).toBe(true)
    expect(reaches(streaks, [0, 126], [226, 0], 8)).toBe(true)
    expect(reaches(streaks, [243, 399], [399, 311], 8)).toBe(true)
  })

  it('finds the simulated one', async () => {
    const { streaks } = await judgeAlone('streaks/SIMULATED_vaageisha_streak_cutout.fits')
    expect(streaks.length).toBeGreaterThan(0)
  })
})

// Spikes, galaxies, cosmic rays, banding, dust, hot pixels, stray light: none of them is a trail.
const trailless = !present
  ? []
  : [
      'subframes',
      'streaks/clean',
      'streaks/trailblazer',
      'segmentation',
      'euclid',
      'fits-conformance/sextractor',
    ]
      .flatMap((folder) =>
        readdirSync(join(data, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
          join(folder, name),
        ),
      )
      .filter((path) => /\.(fits?|fz)$/i.test(path))
      .filter((path) => !/bi327715|maximask|mask|segmap|weight|atlas|_oow_|_ood_/.test(path))

describe.skipIf(!present)('no trail is seen', () => {
  it.each(trailless)('in %s', async (path) => {
    const judged = await judgeFile(join(data, path), { previewPx: 0 }).catch(
      (error: Error) => error,
    )
    if (judged instanceof Error) expect(judged.message).not.toMatch(/internal|undefined|NaN/)
    else expect(assessFrames([judged.measurement])[0]?.streaks).toEqual([])
  })
})
