/** One example as it is stored. */
export interface Example {
  /** Channels, rows, columns. Bytes 0..255 stand for 0..1. */
  readonly image: Uint8Array | Float32Array
  /** Numbers beside the picture; zeros where there are none. */
  readonly evidence?: ArrayLike<number>
}

/** Labelled examples that can be read in any order. */
export interface ExampleSource {
  /** Class of each example, 0 and up; as many as there are examples. */
  readonly labels: ArrayLike<number>
  read(index: number): Promise<Example>
}

/**
 * Where another thread finds examples: a module that exports `openSource`, which makes an `ExampleSource` of
 * the options.
 */
export interface SourceSpec {
  /** URL of the module. */
  readonly module: string
  /** Plain data. */
  readonly options: unknown
}

/** Examples that are in memory: see `inMemory`. */
export interface MemoryExamples {
  readonly labels: ArrayLike<number>
  readonly examples: readonly Example[]
}
