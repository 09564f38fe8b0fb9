import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { pageModules, pageScript, withoutModuleSyntax } from '../../src/report/bundle.ts'
import { renderReport } from '../../src/report/index.ts'
import { reasonFor } from '../../src/report/reasons.ts'
import { nightJson } from '../../src/report/render.ts'
import { median, summarize } from '../../src/report/summary.ts'
import { fabricateNight } from './fabricate.ts'

const night = fabricateNight({ frames: 30, seed: 4 })
const pageFolder = new URL('../../src/report/page/', import.meta.url)

const scriptsOf = (page: string) =>
  [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map((m) => m[1]!)

describe('renderReport', () => {
  it('lets only its own script and style act', () => {
    const page = renderReport(night)
    const [script, ...others] = scriptsOf(page)
    expect(others).toEqual([])
    const hash = createHash('sha256').update(script!).digest('base64')
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)![1]!
    expect(policy).toContain('default-src &#39;none&#39;')
    expect(policy).toContain(`script-src &#39;sha256-${hash}&#39;`)
    expect(policy).not.toContain('unsafe')
    expect(page).not.toMatch(/https?:\/\//)
    expect(page).not.toMatch(/\son\w+=|\sstyle=/)
  })

  it('is the same for the same night', () => {
    expect(renderReport(night)).toBe(renderReport(night))
  })

  it('holds pictures given as bytes and as base64 alike', () => {
    const data = new Uint8Array([1, 2, 250])
    const size = { width: 3, height: 2 }
    const [frame] = night.frames
    const page = (preview: { data: Uint8Array | string; width: number; height: number }) =>
      renderReport({ ...night, frames: [{ ...frame!, preview }] })
    expect(page({ data, ...size })).toBe(page({ data: 'AQL6', ...size }))
    expect(page({ data: '</script>"', ...size })).toContain('id="preview-0">/script</script>')
  })

  it('cannot be ended by its data', () => {
    const file = '</script><script>alert(1)</script><!--'
    const text = nightJson({ ...night, frames: [{ ...night.frames[0]!, file }] })
    expect(text).not.toContain('<')
    expect(JSON.parse(text).frames[0].file).toBe(file)
  })

  it('tells what is missing in a night without frames', () => {
    const none = { ...night, frames: [] }
    expect(renderReport(none)).toContain('None of the files could be read')
    expect(renderReport({ ...none, failed: [] })).toContain('No frames were found')
    const { producer, ...anonymous } = none
    expect(renderReport(anonymous)).toContain('<footer>report of 2026-11-04')
  })
})

describe('the page’s script', () => {
  it('holds every module of the page, without module syntax', () => {
    const files = readdirSync(pageFolder).filter((name) => name.endsWith('.ts'))
    expect([...pageModules].sort()).toEqual(files.map((name) => name.slice(0, -3)).sort())
    expect(pageScript()).not.toMatch(/^\s*(import|export)\b/m)
    expect(pageScript()).not.toMatch(/<\/script|<!--/i)
    expect(() => new Function(pageScript())).not.toThrow()
  })

  it('has no two top-level names alike, since all modules share one scope', () => {
    const names = pageModules.flatMap((module) => {
      const text = readFileSync(new URL(`${module}.ts`, pageFolder), 'utf8')
      const found = text.matchAll(/^(?:export )?(?:async )?(?:function|const|let|class) (\w+)/gm)
      return [...found].map((match) => match[1]!)
    })
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it('comes after what it uses', () => {
    for (const [index, module] of pageModules.entries()) {
      const text = readFileSync(new URL(`${module}.ts`, pageFolder), 'utf8')
      const used = [...text.matchAll(/^(?:import|\}) (?!type).*from '\.\/([\w-]+)\.ts'/gm)].map(
        (m) => m[1]!,
      )
      for (const name of used) expect(pageModules.slice(0, index)).toContain(name)
    }
  })

  it('drops imports, exports and comments of compiled modules', () => {
    const compiled = [
      '/* v8 ignore file */',
      "import { a, b as c } from './x.js';",
      'import {',
      '    d,',
      "} from './y.js';",
      '/** What it does. */',
      'export function f() {',
      '    // why',
      "    return 'import x from y'",
      '}',
      'export const g = 1;',
      'export {};',
      '//# sourceMappingURL=z.js.map',
    ].join('\n')
    expect(withoutModuleSyntax(compiled)).toBe(
      "function f() {\n    return 'import x from y'\n}\nconst g = 1;",
    )
  })
})

describe('summarize', () => {
  it('counts decisions, causes and kept time', () => {
    const summary = summarize(night)
    const { keep, mask, review, reject } = summary.byAction
    expect(keep + mask + review + reject).toBe(30)
    expect(summary.takenS).toBe(18 * 120 + 12 * 300)
    expect(summary.keptS).toBeLessThan(summary.takenS)
    const counts = summary.causes.map((cause) => cause.frames)
    expect(counts).toEqual([...counts].sort((a, b) => b - a))
    const kept = night.frames.filter((frame) => frame.assessment.action === 'keep')
    const scores = kept.map((frame) => frame.assessment.score)
    expect(summary.best?.frame.assessment.score).toBe(Math.max(...scores))
    expect(summary.lastMs! - summary.firstMs!).toBeGreaterThan(0)
  })

  it('has nothing to tell of an empty night', () => {
    const summary = summarize({ ...night, frames: [] })
    expect(summary).toMatchObject({
      frames: 0,
      fwhmPx: undefined,
      best: undefined,
      firstMs: undefined,
    })
  })

  it('takes the middle of odd and even lists', () => {
    expect([median([3, 1, 2]), median([4, 1]), median([])]).toEqual([2, 2.5, undefined])
  })
})

it('gives a cause of an unknown kind its bare name', () => {
  expect(reasonFor({ kind: 'comet' as 'cloud', severity: 1, evidence: {} })).toBe('comet')
})
