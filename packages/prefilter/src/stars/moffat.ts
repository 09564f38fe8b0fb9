import type { Plane } from '../plane.ts'

/** An elliptical Moffat profile: height * (1 + q)^-beta + sky with q a quadratic form around the centre. */
export interface MoffatFit {
  readonly x: number
  readonly y: number
  readonly height: number
  readonly sky: number
  readonly beta: number
  /** q = a dx^2 + 2 b dx dy + c dy^2 */
  readonly a: number
  readonly b: number
  readonly c: number
}

export interface MoffatStart {
  readonly x: number
  readonly y: number
  readonly fwhmPx: number
  /** Pixels used lie within this distance. */
  readonly radiusPx: number
  readonly beta: number
  /** Keep `beta` as it is: for stars too faint to tell. */
  readonly fixedBeta: boolean
}

const parameters = 8
const mostRounds = 30
/** More pixels than this tell no more than the noise allows; of large stars every second or third is used. */
const enoughPixels = 400
const enoughPrecise = 1e-5
const leastBeta = 1.1
const mostBeta = 12

/**
 * Least-squares fit by Levenberg-Marquardt to the pixel values (not integrated over pixels, as is the custom
 * of fitting tools). Undefined where it does not settle near the start.
 */
export function fitMoffat(plane: Plane, start: MoffatStart): MoffatFit | undefined {
  const pixels = gatherPixels(plane, start)
  if (pixels.count < 2 * parameters) return undefined
  let p = startVector(pixels, start)
  let damping = 1e-3
  let normal = buildNormal(pixels, p)
  for (let round = 0; round < mostRounds; round++) {
    const step = solveStep(normal, damping, start.fixedBeta)
    const tried = step && limit(p.map((value, i) => value + step[i]))
    const chi = tried ? sumOfSquares(pixels, tried) : Number.POSITIVE_INFINITY
    if (tried && chi < normal.chi) {
      const gain = (normal.chi - chi) / normal.chi
      p = tried
      damping = Math.max(damping / 10, 1e-9)
      if (gain < enoughPrecise) break
      normal = buildNormal(pixels, p)
    } else {
      damping *= 10
      if (damping > 1e6) break
    }
  }
  return judge(p, start)
}

/** Geometric mean of the full widths at half maximum along both axes. */
export function moffatFwhm({ a, b, c, beta }: Pick<MoffatFit, 'a' | 'b' | 'c' | 'beta'>): number {
  return 2 * Math.sqrt(2 ** (1 / beta) - 1) * (a * c - b * b) ** -0.25
}

interface Pixels {
  readonly count: number
  readonly dx: Float64Array
  readonly dy: Float64Array
  readonly value: Float64Array
}

const room = 4 * enoughPixels
const gathered = {
  dx: new Float64Array(room),
  dy: new Float64Array(room),
  value: new Float64Array(room),
}

function gatherPixels({ data, width, height }: Plane, { x, y, radiusPx }: MoffatStart): Pixels {
  const step = Math.max(1, Math.round(Math.sqrt((Math.PI * radiusPx * radiusPx) / enoughPixels)))
  let count = 0
  for (let j = Math.ceil(y - radiusPx); j <= y + radiusPx; j += step) {
    for (let i = Math.ceil(x - radiusPx); i <= x + radiusPx; i += step) {
      if (i < 0 || j < 0 || i >= width || j >= height || count === room) continue
      if ((i - x) ** 2 + (j - y) ** 2 > radiusPx * radiusPx) continue
      gathered.dx[count] = i - x
      gathered.dy[count] = j - y
      gathered.value[count++] = data[j * width + i]
    }
  }
  return { count, ...gathered }
}

// Order of parameters: height, sky, x, y, a, b, c, beta; x and y against the start.
function startVector(pixels: Pixels, { fwhmPx, beta }: MoffatStart): number[] {
  let highest = 0
  for (let k = 0; k < pixels.count; k++) highest = Math.max(highest, pixels.value[k])
  const form = (4 * (2 ** (1 / beta) - 1)) / (fwhmPx * fwhmPx)
  return [highest, 0, 0, 0, form, 0, form, beta]
}

function limit(p: number[]): number[] | undefined {
  const [height, , , , a, b, c, beta] = p
  if (!(height > 0) || !(a > 0) || !(a * c - b * b > 0)) return undefined
  p[7] = Math.min(Math.max(beta, leastBeta), mostBeta)
  return p
}

function sumOfSquares(pixels: Pixels, p: readonly number[]): number {
  const [height, sky, x, y, a, b, c, beta] = p
  let chi = 0
  for (let k = 0; k < pixels.count; k++) {
    const dx = pixels.dx[k] - x
    const dy = pixels.dy[k] - y
    const u = 1 + a * dx * dx + 2 * b * dx * dy + c * dy * dy
    const rest = pixels.value[k] - sky - height * u ** -beta
    chi += rest * rest
  }
  return chi
}

interface Normal {
  readonly matrix: Float64Array
  readonly gradient: Float64Array
  readonly chi: number
}

function buildNormal(pixels: Pixels, p: readonly number[]): Normal {
  const [height, sky, x, y, a, b, c, beta] = p
  const matrix = new Float64Array(parameters * parameters)
  const gradient = new Float64Array(parameters)
  const slope = new Float64Array(parameters)
  let chi = 0
  for (let k = 0; k < pixels.count; k++) {
    const dx = pixels.dx[k] - x
    const dy = pixels.dy[k] - y
    const u = 1 + a * dx * dx + 2 * b * dx * dy + c * dy * dy
    const shape = u ** -beta
    const alongQ = (-height * beta * shape) / u
    slope[0] = shape
    slope[1] = 1
    slope[2] = -2 * alongQ * (a * dx + b * dy)
    slope[3] = -2 * alongQ * (b * dx + c * dy)
    slope[4] = alongQ * dx * dx
    slope[5] = 2 * alongQ * dx * dy
    slope[6] = alongQ * dy * dy
    slope[7] = -height * shape * Math.log(u)
    const rest = pixels.value[k] - sky - height * shape
    chi += rest * rest
    for (let i = 0; i < parameters; i++) {
      gradient[i] += slope[i] * rest
      for (let j = 0; j <= i; j++) matrix[i * parameters + j] += slope[i] * slope[j]
    }
  }
  return { matrix, gradient, chi }
}

/** Solves the damped normal equations by Cholesky factors; undefined where they are singular. */
function solveStep(normal: Normal, damping: number, fixedBeta: boolean): number[] | undefined {
  const n = fixedBeta ? parameters - 1 : parameters
  const factor = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = normal.matrix[i * parameters + j]
      if (i === j) sum *= 1 + damping
      for (let k = 0; k < j; k++) sum -= factor[i * n + k] * factor[j * n + k]
      if (i !== j) factor[i * n + j] = sum / factor[j * n + j]
      else if (sum > 0) factor[i * n + i] = Math.sqrt(sum)
      else return undefined
    }
  }
  const step = new Array<number>(parameters).fill(0)
  for (let i = 0; i < n; i++) {
    let sum = normal.gradient[i]
    for (let k = 0; k < i; k++) sum -= factor[i * n + k] * step[k]
    step[i] = sum / factor[i * n + i]
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = step[i]
    for (let k = i + 1; k < n; k++) sum -= factor[k * n + i] * step[k]
    step[i] = sum / factor[i * n + i]
  }
  return step
}

function judge(p: readonly number[], start: MoffatStart): MoffatFit | undefined {
  const [height, sky, dx, dy, a, b, c, beta] = p
  const fit = { x: start.x + dx, y: start.y + dy, height, sky, beta, a, b, c }
  const fwhmPx = moffatFwhm(fit)
  const near = Math.hypot(dx, dy) < Math.max(start.fwhmPx, 1)
  const alike = fwhmPx > start.fwhmPx / 4 && fwhmPx < start.fwhmPx * 4
  return height > 0 && near && alike ? fit : undefined
}
