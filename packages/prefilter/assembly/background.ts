/**
 * Counts the values of a rectangle in `bins` equal bins starting at `low`; `counts` (u32) has one more
 * entry at either end for values below (or NaN) and above.
 */
export function countCell(
  pixels: usize,
  stride: i32,
  width: i32,
  height: i32,
  low: f32,
  perBin: f32,
  bins: i32,
  counts: usize,
): void {
  memory.fill(counts, 0, <usize>(bins + 2) << 2)
  const lows = f32x4.splat(low)
  const scale = f32x4.splat(perBin)
  const one = f32x4.splat(1)
  const zero = i32x4.splat(0)
  const last = i32x4.splat(bins + 1)
  for (let y = 0; y < height; y++) {
    const row = pixels + (<usize>(y * stride) << 2)
    let x = 0
    for (; x + 4 <= width; x += 4) {
      // Truncation saturates and turns NaN into 0, which is the bin of what does not count.
      const value = v128.load(row + (<usize>x << 2))
      const place = f32x4.add(f32x4.mul(f32x4.sub(value, lows), scale), one)
      const bin = i32x4.min_s(i32x4.max_s(i32x4.trunc_sat_f32x4_s(place), zero), last)
      add(counts, i32x4.extract_lane(bin, 0))
      add(counts, i32x4.extract_lane(bin, 1))
      add(counts, i32x4.extract_lane(bin, 2))
      add(counts, i32x4.extract_lane(bin, 3))
    }
    for (; x < width; x++) {
      const place = (load<f32>(row + (<usize>x << 2)) - low) * perBin + 1
      let bin = 0
      if (place >= 1) bin = place < <f32>(bins + 1) ? <i32>place : bins + 1
      add(counts, bin)
    }
  }
}

// @ts-ignore: decorator
@inline
function add(counts: usize, bin: i32): void {
  const at = counts + (<usize>bin << 2)
  store<u32>(at, load<u32>(at) + 1)
}

/**
 * One row of the smooth sky over a mesh that is padded by two cells on every side: Catmull-Rom in both
 * directions, or linear where `linear` is set. `knots` is scratch for columns + 4 floats; `out` is overrun
 * by up to three floats.
 */
export function interpolateRow(
  mesh: usize,
  columns: i32,
  rows: i32,
  cell: f32,
  y: f32,
  width: i32,
  linear: bool,
  knots: usize,
  out: usize,
): void {
  const padded = columns + 4
  // Along y first: the mesh at this row's height.
  const v = (y + <f32>0.5) / cell - <f32>0.5
  const segmentRow = <i32>Mathf.floor(Mathf.min(Mathf.max(v, -1), <f32>(rows - 1)))
  const t = v - <f32>segmentRow
  const w0 = linear ? <f32>0 : <f32>0.5 * t * (t * (2 - t) - 1)
  const w1 = linear ? <f32>1 - t : <f32>0.5 * (t * t * (3 * t - 5) + 2)
  const w2 = linear ? t : <f32>0.5 * t * (t * (4 - 3 * t) + 1)
  const w3 = linear ? <f32>0 : <f32>0.5 * t * t * (t - 1)
  const top = mesh + (<usize>((segmentRow + 1) * padded) << 2)
  const step = <usize>padded << 2
  for (let c = 0; c < padded; c++) {
    const at = top + (<usize>c << 2)
    store<f32>(
      knots + (<usize>c << 2),
      w0 * load<f32>(at) +
        w1 * load<f32>(at + step) +
        w2 * load<f32>(at + 2 * step) +
        w3 * load<f32>(at + 3 * step),
    )
  }
  // Along x one cubic between each pair of centres.
  const lanes = f32x4(0, 1, 2, 3)
  const perCell = f32x4.splat(1 / cell)
  let x = 0
  for (let s = -1; s < columns; s++) {
    const centre = (<f32>s + <f32>0.5) * cell - <f32>0.5
    const end = s == columns - 1 ? width : min(<i32>Mathf.ceil(centre + cell), width)
    const at = knots + (<usize>(s + 1) << 2)
    const p0 = load<f32>(at)
    const p1 = load<f32>(at, 4)
    const p2 = load<f32>(at, 8)
    const p3 = load<f32>(at, 12)
    const a1 = f32x4.splat(linear ? p2 - p1 : <f32>0.5 * (p2 - p0))
    const a2 = f32x4.splat(linear ? <f32>0 : p0 - <f32>2.5 * p1 + 2 * p2 - <f32>0.5 * p3)
    const a3 = f32x4.splat(linear ? <f32>0 : <f32>0.5 * (p3 - p0) + <f32>1.5 * (p1 - p2))
    const a0 = f32x4.splat(p1)
    const from = f32x4.splat(centre)
    for (; x < end; x += 4) {
      const u = f32x4.mul(f32x4.sub(f32x4.add(f32x4.splat(<f32>x), lanes), from), perCell)
      const cubic = f32x4.add(a0, f32x4.mul(u, f32x4.add(a1, f32x4.mul(u, f32x4.add(a2, f32x4.mul(u, a3))))))
      v128.store(out + (<usize>x << 2), cubic)
    }
    x = end
  }
}

/** pixels = (pixels - level) / rms, with 0 for what is not finite or equals `blank` (NaN for no such value). */
export function normaliseRow(
  pixels: usize,
  level: usize,
  rms: usize,
  width: i32,
  blank: f32,
): void {
  const infinite = f32x4.splat(Infinity)
  const missing = f32x4.splat(blank)
  let x = 0
  for (; x + 4 <= width; x += 4) {
    const offset = <usize>x << 2
    const value = v128.load(pixels + offset)
    const known = v128.and(f32x4.lt(f32x4.abs(value), infinite), f32x4.ne(value, missing))
    const excess = f32x4.sub(value, v128.load(level + offset))
    const ratio = f32x4.div(excess, v128.load(rms + offset))
    v128.store(pixels + offset, v128.and(ratio, known))
  }
  for (; x < width; x++) {
    const offset = <usize>x << 2
    const value = load<f32>(pixels + offset)
    const noise = load<f32>(rms + offset)
    const known = Mathf.abs(value) < Infinity && value != blank
    store<f32>(pixels + offset, known ? (value - load<f32>(level + offset)) / noise : 0)
  }
}
