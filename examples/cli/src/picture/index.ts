export { type ExplainOptions, explainPng } from './explain.ts'
export { type Preview, type PreviewOptions, previewWebp } from './preview.ts'
