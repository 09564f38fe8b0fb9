/** Numbers by name, in a stated order: the parameters, gradients or statistics of a network. */
export type Arrays = ReadonlyMap<string, Float32Array>
