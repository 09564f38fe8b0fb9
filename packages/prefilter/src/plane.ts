/** One image plane in row order; row 0 is the first row in the file. `data.length === width * height`. */
export interface Plane {
  readonly data: Float32Array
  readonly width: number
  readonly height: number
}
