import { type Blur, comaBlur, defocusBlur, shakeBlur, trackingBlur, windBlurs } from './blur.ts'
import type { Telescope } from './instrument.ts'
import { atan2, cos, pi, sin } from './math.ts'
import { finishPsf, type Psf, sampleStar } from './psf.ts'
import { blurStar } from './psfBlur.ts'
import { randomStream } from './random.ts'
import type { SeeingSpec } from './types.ts'

/** Star images over the frame, in zones: what tilt, field curvature and coma change is mild. */
export interface PsfField {
  readonly zones: readonly Psf[]
  readonly across: number
  readonly width: number
  readonly height: number
}

/** Star images are computed for this many zones along each side. */
const zonesAcross = 3

/** Blurs smaller than this, in pixels, are not worth an image of their own. */
const tooSmallPx = 0.12

/** The star images of a frame. `bloat` and `aureole` come from haze. */
export function makePsfField(
  size: { readonly width: number; readonly height: number },
  telescope: Telescope,
  seeing: SeeingSpec,
  haze: { readonly bloat: number; readonly aureole: number },
): PsfField {
  const fwhmPx = (seeing.fwhmPx ?? telescope.fwhmPx) * haze.bloat
  const common = mountBlurs(seeing, 0.25 * fwhmPx)
  const tiltAngle = 2 * pi * randomStream(telescope.sensorSeed, 'tilt').uniform()
  const local = Array.from({ length: zonesAcross * zonesAcross }, (_, zone) => {
    const u = ((zone % zonesAcross) - 1) * 0.7
    const v = (Math.floor(zone / zonesAcross) - 1) * 0.7
    return localBlurs(telescope, seeing.defocusPx ?? 0, { u, v, tiltAngle, fwhmPx })
  })
  const reachPx = reachOf(common) + Math.max(...local.map(reachOf))
  const aureole = Math.min(0.6, telescope.aureole + haze.aureole)
  const star = blurStar(sampleStar({ fwhmPx, beta: telescope.beta, aureole, reachPx }), common)
  const plain = finishPsf(star)
  const zones = local.map((blurs) =>
    blurs.length === 0 ? plain : finishPsf(blurStar(star, blurs)),
  )
  return { zones, across: zonesAcross, ...size }
}

function mountBlurs(seeing: SeeingSpec, stepPx: number): Blur[] {
  const blurs: Blur[] = []
  const { guiding, tracking, wind } = seeing
  if (guiding) blurs.push(shakeBlur(guiding.rmsPx, guiding.rmsPx / 2, guiding.angleDeg, stepPx))
  if (tracking) blurs.push(trackingBlur(tracking, stepPx))
  if (wind) blurs.push(...windBlurs(wind, stepPx))
  return blurs
}

function reachOf(blurs: readonly Blur[]): number {
  return blurs.reduce((sum, blur) => sum + blur.reachPx, 0)
}

/** What the optics do at (u, v), measured from the centre in half sides. */
function localBlurs(
  telescope: Telescope,
  defocusPx: number,
  at: {
    readonly u: number
    readonly v: number
    readonly tiltAngle: number
    readonly fwhmPx: number
  },
): Blur[] {
  const r = Math.sqrt(at.u * at.u + at.v * at.v)
  const towards = at.u * cos(at.tiltAngle) + at.v * sin(at.tiltAngle)
  const radius = Math.abs(defocusPx + telescope.tiltPx * towards + telescope.curvaturePx * r * r)
  const blurs: Blur[] = []
  if (radius > tooSmallPx) blurs.push(defocusBlur(radius, telescope.obstruction, 0.4 * at.fwhmPx))
  const coma = telescope.comaPx * r
  if (coma > tooSmallPx) blurs.push(comaBlur(coma, atan2(at.v, at.u)))
  return blurs
}

/** The star image at a place in the frame. */
export function psfAt(field: PsfField, x: number, y: number): Psf {
  const { across, width, height } = field
  const column = Math.min(across - 1, Math.max(0, Math.floor((x / width) * across)))
  const row = Math.min(across - 1, Math.max(0, Math.floor((y / height) * across)))
  return field.zones[row * across + column]!
}

/** The star image in the middle of the frame. */
export function centralPsf(field: PsfField): Psf {
  return field.zones[(field.zones.length - 1) / 2]!
}
