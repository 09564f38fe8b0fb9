/** ONNX's own operators. */
export const ONNX = ''
/** ONNX Runtime's documented additional operators. */
export const CONTRIB = 'com.microsoft'
/** ONNX Runtime's blocked convolutions: internal to it, so used only where a probe has shown what they do. */
export const BLOCKED = 'com.microsoft.nchwc'
/** What gradient rules say before it is decided how to compute it; `lower` leaves none of it. */
export const MEANING = 'nebulift'

/** The operator set of each domain that graphs are written in. */
export const opsets: Readonly<Record<string, number>> = {
  [ONNX]: 18,
  [CONTRIB]: 1,
  [BLOCKED]: 1,
  [MEANING]: 1,
}
