import type { Cause, CauseKind, FrameAssessment, Streak } from '@nebulift/prefilter'
import type { ReportFrame, ReportNight } from '../../src/report/index.ts'
import { cleanAssessment, seeded, streakBetween } from '../picture/sky.ts'

export const frameSize = { width: 3008, height: 2008 }

export interface NightOptions {
  readonly frames: number
  readonly seed?: number
  readonly title?: string
}

type Story = 'clean' | 'satellite' | 'airplane' | 'meteor' | 'cloud' | 'defocus' | 'wind' | 'unsure'

/** A believable night: two targets, focus that drifts, clouds for a while, trails now and then. */
export function fabricateNight({
  frames,
  seed = 1,
  title = 'M 31, 3 November',
}: NightOptions): ReportNight {
  const random = seeded(seed)
  const start = Date.UTC(2026, 10, 3, 18, 12)
  return {
    title,
    createdMs: Date.UTC(2026, 10, 4, 7, 30),
    input: '/astro/2026-11-03/lights',
    producer: 'nebulift 0.1.0',
    sessions: [
      { key: 'm31-l', label: 'M 31 · L · 120 s · gain 100' },
      { key: 'm33-ha', label: 'M 33 · Ha · 300 s · gain 200' },
    ],
    frames: Array.from({ length: frames }, (_, index) => {
      const isSecond = index >= frames * 0.6
      const minutes = index * 2.3 + (isSecond ? 35 : 0)
      return fabricateFrame(index, {
        random,
        along: index / frames,
        isSecond,
        timeMs: start + minutes * 60_000,
      })
    }),
    failed: [
      {
        file: 'lights/broken.fits',
        error: 'image needs 12058624 bytes, file has 4194304 (at byte 5760)',
      },
    ],
  }
}

interface FrameTale {
  readonly random: () => number
  readonly along: number
  readonly isSecond: boolean
  readonly timeMs: number
}

function storyOf({ random, along }: FrameTale): Story {
  if (along > 0.42 && along < 0.52) return random() < 0.85 ? 'cloud' : 'unsure'
  const drawn = random()
  if (drawn < 0.1) return 'satellite'
  if (drawn < 0.125) return 'airplane'
  if (drawn < 0.135) return 'meteor'
  if (drawn < 0.16) return 'wind'
  if (along > 0.57 && along < 0.6) return 'defocus'
  return 'clean'
}

function fabricateFrame(index: number, tale: FrameTale): ReportFrame {
  const story = storyOf(tale)
  const assessment = assess(story, tale)
  const folder = { clean: 'clean', contaminated: 'contaminated', review: 'review' }
  const file = `${tale.isSecond ? 'M33_Ha_300s' : 'M31_L_120s'}_${String(index + 1).padStart(4, '0')}.fits`
  return {
    file,
    ...frameSize,
    assessment,
    sessionKey: tale.isSecond ? 'm33-ha' : 'm31-l',
    timeMs: tale.timeMs,
    exposureS: tale.isSecond ? 300 : 120,
    sorted: `${folder[assessment.verdict]}/${file}`,
    ...(assessment.action === 'mask' ? { mask: `masks/${file}` } : {}),
  }
}

function assess(story: Story, { random, along, isSecond }: FrameTale): FrameAssessment {
  const plain = cleanAssessment()
  const fwhmPx = 2.6 + 0.5 * Math.sin(5 * along) + 0.25 * random() + (story === 'defocus' ? 3.4 : 0)
  const scale = 0.82
  const transparency = story === 'cloud' ? 0.3 + 0.3 * random() : 0.94 + 0.06 * random()
  const count = Math.round((isSecond ? 420 : 980) * transparency * (0.96 + 0.08 * random()))
  const measured = {
    ...plain,
    score: Math.min(1, 0.72 + 0.28 * random()),
    background: {
      level:
        (isSecond ? 240 : 1180) * (1 + 0.25 * (along - 0.5) ** 2 + (story === 'cloud' ? 0.4 : 0)),
      rms: 21.4,
      gradient: 0.05,
    },
    stars: {
      ...plain.stars,
      count,
      fwhmPx,
      fwhmArcsec: fwhmPx * scale,
      hfrPx: fwhmPx * 0.58,
      eccentricity: story === 'wind' ? 0.72 : 0.3 + 0.15 * random(),
    },
    clouds: { ...plain.clouds, transparency },
  }
  return spoil(story, measured, random)
}

const because = (kind: CauseKind, severity: number, evidence: Record<string, number>): Cause => ({
  kind,
  severity,
  evidence,
})

function spoil(story: Story, base: FrameAssessment, random: () => number): FrameAssessment {
  const bad = {
    ...base,
    verdict: 'contaminated',
    action: 'reject',
    score: 0.1 + 0.3 * random(),
  } as const
  const masked = { ...base, verdict: 'contaminated', action: 'mask' } as const
  if (story === 'satellite') return withTrails(masked, [trail(random, {})], 'satellite')
  if (story === 'meteor') {
    const meteor = streakBetween([900, 500, 1500, 1120], { kind: 'meteor', widthPx: 4 })
    return withTrails(masked, [meteor], 'meteor')
  }
  if (story === 'airplane') {
    const one = streakBetween([0, 420, 3007, 1180], {
      kind: 'airplane',
      widthPx: 9,
      edgeToEdge: true,
    })
    const two = streakBetween([0, 478, 3007, 1238], {
      kind: 'airplane',
      widthPx: 9,
      edgeToEdge: true,
    })
    return withTrails(masked, [one, two], 'airplane')
  }
  if (story === 'cloud') return clouded(bad)
  if (story === 'defocus') {
    const evidence = { fwhmPx: base.stars.fwhmPx, sessionFwhmPx: 2.9 }
    return { ...bad, causes: [because('defocus', 0.8, evidence)] }
  }
  if (story === 'wind') {
    return {
      ...bad,
      causes: [because('wind', 0.6, { elongation: 1.44, elongationDeg: 34 })],
    }
  }
  if (story === 'unsure') {
    const causes = [
      because('haze', 0.35, { transparency: 0.86 }),
      because('gradient', 0.2, { gradient: 0.31 }),
    ]
    return { ...base, verdict: 'review', action: 'review', score: 0.55, causes }
  }
  return base
}

function trail(random: () => number, extra: Partial<Streak>): Streak {
  const y0 = 100 + 1800 * random()
  const y1 = 100 + 1800 * random()
  return streakBetween([0, y0, 3007, y1], { edgeToEdge: true, widthPx: 3.2, ...extra })
}

function withTrails(
  base: FrameAssessment,
  streaks: readonly Streak[],
  kind: CauseKind,
): FrameAssessment {
  const { lengthPx, widthPx, angleDeg, pixelSnr } = streaks[0]!
  const evidence = { trails: streaks.length, lengthPx, widthPx, angleDeg, pixelSnr }
  return { ...base, streaks, causes: [because(kind, 0.3, evidence)] }
}

function clouded(base: FrameAssessment): FrameAssessment {
  const { columns, rows } = base.clouds.grid
  const lost = (cell: number) =>
    Math.max(0, 1 - (cell % columns) / 5 - Math.floor(cell / columns) / 12)
  const cells = Array.from({ length: columns * rows }, (_, cell) => 1 - 0.85 * lost(cell))
  const covered = cells.map((value) => (value < 0.6 ? 1 : 0))
  const coverage = covered.filter(Boolean).length / cells.length
  const transparency = base.clouds.transparency ?? 1
  const cause = because('cloud', 0.85, { coverage, transparency, sessionTransparency: 0.97 })
  const haze = because('haze', 0.3, { transparency })
  const grid = { ...base.clouds.grid, transparency: cells, covered }
  return { ...base, causes: [cause, haze], clouds: { coverage, transparency, grid } }
}
