/** What a frame's header tells that matters for judging it. */
export interface FrameContext {
  /** Frames with equal keys (target, filter, exposure, gain, binning, camera, size) are judged against each other. */
  readonly sessionKey: string
  /** Middle of the exposure, milliseconds since 1970 UTC. */
  readonly timeMs?: number
  readonly exposureS?: number
  /** Plate scale of the judged plane. */
  readonly arcsecPerPx?: number
  /** Air mass at the middle of the exposure, 1 at the zenith. */
  readonly airmass?: number
  /** Pixel value at which the detector saturates, image units; found from the pixels where absent. */
  readonly saturation?: number
  /** What the frame says it is; only lights can be judged as pictures of the sky. */
  readonly kind: FrameKind
}

export type FrameKind = 'light' | 'bias' | 'dark' | 'flat'

/** A header card's value by keyword, as any FITS reader can give it. */
export type HeaderLookup = (keyword: string) => unknown

/** Size of the plane to be judged, and how many detector pixels one of its pixels spans per axis. */
export interface PlaneSize {
  readonly width: number
  readonly height: number
  /** 2 for the half-size luminance of a Bayer mosaic; default 1. */
  readonly step?: number
}

/** Reads the context from header cards as N.I.N.A., SharpCap, MaxIm DL, TheSkyX, INDI and observatories write them. */
export function frameContext(get: HeaderLookup, size: PlaneSize): FrameContext {
  const timeMs = exposureMiddle(get)
  const exposureS = exposure(get)
  const arcsecPerPx = plateScale(get, size.step ?? 1)
  const airmass = airmassOf(get)
  const saturation = positive(get('SATURATE')) ?? positive(get('SATLEVEL'))
  return {
    sessionKey: sessionKey(get, size),
    kind: frameKind(get),
    ...(timeMs === undefined ? {} : { timeMs }),
    ...(exposureS === undefined ? {} : { exposureS }),
    ...(arcsecPerPx === undefined ? {} : { arcsecPerPx }),
    ...(airmass === undefined ? {} : { airmass }),
    ...(saturation === undefined ? {} : { saturation }),
  }
}

function sessionKey(get: HeaderLookup, { width, height }: PlaneSize): string {
  const exposureS = exposure(get)
  const binning = firstNumber(get, ['XBINNING', 'CCDXBIN', 'BINNING'])
  const gain = firstNumber(get, ['GAIN', 'EGAIN'])
  return [
    firstText(get, ['OBJECT', 'TARGET', 'OBJNAME']) ?? 'unnamed target',
    firstText(get, ['FILTER', 'FILTER1', 'FILTNAM', 'BAND']) ?? 'no filter',
    exposureS === undefined ? 'unknown exposure' : `${Number(exposureS.toPrecision(4))} s`,
    gain === undefined ? 'unknown gain' : `gain ${Number(gain.toPrecision(4))}`,
    binning === undefined ? 'bin 1' : `bin ${binning}`,
    firstText(get, ['INSTRUME', 'CAMERA', 'DETNAM']) ?? 'unknown camera',
    `${width}x${height}`,
  ].join(' | ')
}

function frameKind(get: HeaderLookup): FrameKind {
  const type =
    firstText(get, ['IMAGETYP', 'IMAGETYPE', 'FRAME', 'FRAMETYP', 'OBSTYPE'])?.toLowerCase() ?? ''
  if (/bias|zero|offset/.test(type)) return 'bias'
  if (/dark/.test(type) && !/flat/.test(type)) return 'dark'
  if (/flat/.test(type)) return 'flat'
  return 'light'
}

function exposure(get: HeaderLookup): number | undefined {
  return firstNumber(get, ['EXPTIME', 'EXPOSURE', 'EXP_TIME', 'EXPOSE'])
}

function exposureMiddle(get: HeaderLookup): number | undefined {
  const middle = utcMs(text(get('DATE-AVG')))
  if (middle !== undefined) return middle
  const half = ((exposure(get) ?? 0) * 1000) / 2
  const start = utcMs(text(get('DATE-OBS')), text(get('TIME-OBS')) ?? text(get('UT')))
  if (start !== undefined) return start + half
  const mjd = positive(get('MJD-OBS')) ?? positive(get('MJD'))
  if (mjd !== undefined) return (mjd - 40587) * 86_400_000 + half
  const jd = positive(get('JD'))
  return jd === undefined ? undefined : (jd - 2440587.5) * 86_400_000 + half
}

/** ISO dates of FITS have no zone and mean UTC; old ones keep the time of day in a card of its own. */
function utcMs(date: string | undefined, time?: string): number | undefined {
  if (!date) return undefined
  const full = date.includes('T') || !time ? date : `${date}T${time}`
  const iso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?/.exec(full)?.[0]
  if (!iso) return undefined
  const ms = Date.parse(iso.includes('T') ? `${iso}Z` : `${iso}T00:00:00Z`)
  return Number.isNaN(ms) ? undefined : ms
}

function plateScale(get: HeaderLookup, step: number): number | undefined {
  const stated = firstNumber(get, ['PIXSCALE', 'SECPIX', 'SECPIX1', 'SCALE'])
  if (stated !== undefined && stated > 0 && stated < 200) return stated * step
  const fromMatrix = Math.hypot(number(get('CD1_1')) ?? 0, number(get('CD2_1')) ?? 0)
  const degrees = fromMatrix || Math.abs(number(get('CDELT1')) ?? 0)
  if (
    degrees > 0 &&
    degrees < 0.05 &&
    /^(RA|DEC|GLON|GLAT|ELON|ELAT)/.test(text(get('CTYPE1')) ?? '')
  )
    return degrees * 3600 * step
  const focalMm = positive(get('FOCALLEN'))
  const pixelUm = positive(get('XPIXSZ')) ?? positive(get('PIXSIZE1'))
  return focalMm && pixelUm && focalMm > 5 ? (206.265 * pixelUm * step) / focalMm : undefined
}

/** From the card, or from the altitude by the plane-parallel formula, good to 1 % above 15 degrees. */
function airmassOf(get: HeaderLookup): number | undefined {
  const stated = number(get('AIRMASS'))
  if (stated !== undefined && stated >= 1 && stated < 40) return stated
  const altitudeDeg = firstNumber(get, ['OBJCTALT', 'CENTALT', 'ALTITUDE', 'ALT-OBS'])
  if (altitudeDeg === undefined || altitudeDeg < 10 || altitudeDeg > 90) return undefined
  return 1 / Math.sin((altitudeDeg * Math.PI) / 180)
}

function firstText(get: HeaderLookup, keywords: readonly string[]): string | undefined {
  for (const keyword of keywords) {
    const value = text(get(keyword))
    if (value) return value
  }
  return undefined
}

function firstNumber(get: HeaderLookup, keywords: readonly string[]): number | undefined {
  for (const keyword of keywords) {
    const value = number(get(keyword))
    if (value !== undefined) return value
  }
  return undefined
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined

function number(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'bigint') return Number(value)
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  return Number.isFinite(parsed) ? parsed : undefined
}

function positive(value: unknown): number | undefined {
  const parsed = number(value)
  return parsed !== undefined && parsed > 0 ? parsed : undefined
}
