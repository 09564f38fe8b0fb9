import type { Cause, CauseKind } from './assessment.ts'

type Evidence = Readonly<Record<string, number>>

const calibrationNames = ['', 'bias', 'dark', 'flat']

const sentences: Record<CauseKind, (evidence: Evidence) => string> = {
  satellite: (e) => trail('Satellite trail', e),
  airplane: (e) => trail('Airplane trail', e),
  meteor: (e) => trail('Meteor', e),
  streak: (e) => trail('Trail of unknown kind', e),
  cloud: (e) => `Cloud: ${light(e)}${covered(e)}${stars(e)}`,
  haze: (e) => `Haze: ${light(e)}, stars slightly bloated${stars(e)}`,
  occlusion: (e) => `Something stands in the way${covered(e)}: no star shows there${stars(e)}`,
  defocus: (e) =>
    e.fwhmPx === undefined
      ? `Far out of focus: ${fixed(e.stars, 0)} stars left${against(e.sessionStars, '', 0)}, under an unchanged sky`
      : e.ring !== undefined && e.ring > 0.15
        ? `Out of focus: stars are rings of FWHM ${fixed(e.fwhmPx)} px`
        : `Out of focus: FWHM ${fixed(e.fwhmPx)} px${against(e.sessionFwhmPx, ' px')}`,
  tracking: (e) =>
    `Tracking error: stars drawn out ${fixed(e.elongation, 2)} to 1 at ${fixed(e.elongationDeg, 0)}°`,
  wind: (e) =>
    `Shaken by wind or a bump: stars blurred and drawn out ${fixed(e.elongation, 2)} to 1 at ${fixed(e.elongationDeg, 0)}°`,
  'no-stars': (e) =>
    e.calibrationFrame
      ? `A ${calibrationNames[e.calibrationFrame]} frame, not a picture of the sky`
      : `No stars to speak of: ${fixed(e.stars, 0)} found, ${fixed(e.measured, 0)} bright enough to measure${against(e.sessionStars, '', 0)}`,
  gradient: (e) => `Sky gradient of ${percent(e.gradient)} across the frame (Moon or stray light)`,
  twilight: (e) =>
    `Bright sky (dawn, dusk or strong Moon): noise ${fixed(e.noiseRatio)} times the session's dark frames`,
  saturation: (e) => `${percent(e.saturatedShare)} of the pixels are saturated`,
  'hot-pixels': (e) => `${fixed(e.hotPixels, 0)} hot pixels: dark subtraction would help`,
  corrupt: (e) =>
    (e.pixels ?? 0) < 64
      ? `Only ${fixed(e.pixels, 0)} pixels: too small to judge`
      : (e.finiteShare ?? 0) < 0.5
        ? `${percent(1 - (e.finiteShare ?? 0))} of the pixels hold no number`
        : `Every pixel has the same value, ${fixed(e.minimum)}`,
}

/** One plain sentence for people: what it is and the numbers that show it. */
export function explainCause({ kind, evidence }: Cause): string {
  return sentences[kind](evidence)
}

function trail(name: string, e: Evidence): string {
  const many = (e.trails ?? 1) > 1 ? `${e.trails} trails, the strongest ` : ''
  return `${name}: ${many}${fixed(e.lengthPx, 0)} px long, ${fixed(e.widthPx)} px wide, at ${fixed(e.angleDeg, 0)}°, ${fixed(e.pixelSnr)} times the pixel noise`
}

const light = (e: Evidence): string =>
  e.transparency === undefined
    ? 'a region without stars'
    : `${percent(e.transparency)} of the starlight came through`

const covered = (e: Evidence): string =>
  (e.coverage ?? 0) > 0.02 ? `, ${percent(e.coverage)} of the frame covered` : ''

const stars = (e: Evidence): string =>
  e.sessionStars === undefined
    ? ''
    : ` (${fixed(e.stars, 0)} stars${against(e.sessionStars, '', 0)})`

const against = (usual: number | undefined, unit: string, digits = 1): string =>
  usual ? `, usually ${fixed(usual, digits)}${unit}` : ''

const fixed = (value: number | undefined, digits = 1): string => (value ?? 0).toFixed(digits)

const percent = (value: number | undefined): string => `${Math.round(100 * (value ?? 0))} %`
