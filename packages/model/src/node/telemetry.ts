/**
 * Keeps ONNX Runtime from telling its makers of its use, which 1.29 and newer do on Linux unless told otherwise: they
 * write an identifier below `~/.cache/Microsoft` and call home. Must be called before the runtime is first loaded, and on
 * the main thread: what a worker thread writes to its environment does not reach the runtime. Whoever wants it
 * says `ORT_DISABLE_TELEMETRY=0`.
 */
export function withoutTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= '1'
}
