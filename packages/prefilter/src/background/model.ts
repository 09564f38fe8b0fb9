/** A smooth sky: level and noise at the centres of square cells, to be interpolated between them. */
export interface BackgroundModel {
  /** Size of the plane it was measured on. */
  readonly width: number
  readonly height: number
  /** Side of a cell in pixels; the last column and row take what is left, half a side to one and a half. */
  readonly cellPx: number
  readonly columns: number
  readonly rows: number
  /** Sky level at the centre of each cell, image units, row by row. */
  readonly level: Float32Array
  /** Noise of one pixel in each cell, image units. */
  readonly rms: Float32Array
  /** Medians over the cells. */
  readonly globalLevel: number
  readonly globalRms: number
  /** A value that marks missing pixels beside NaN: the empty border of registered frames, chip gaps. */
  readonly blank?: number
}
