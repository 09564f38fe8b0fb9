import { createHash } from 'node:crypto'
import { pageScript } from './bundle.ts'
import type { ReportNight, ReportPreview } from './night.ts'
import { html } from './page/markup.ts'
import { reasonFor } from './reasons.ts'
import { bodyMarkup } from './sections.ts'
import { styleSheet } from './style/index.ts'

/**
 * One HTML file that shows a night: no request leaves it, it opens off-line from a disk, and nothing in
 * file names, headers or messages can act in it. Only the script and the style whose hashes the policy in
 * its head names are obeyed.
 */
export function renderReport(night: ReportNight): string {
  const script = pageScript()
  const policy = [
    "default-src 'none'",
    'img-src data:',
    `style-src '${hashOf(styleSheet)}'`,
    `script-src '${hashOf(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const head = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<meta name="referrer" content="no-referrer">
<title>${night.title} – Nebulift</title>
<style>${{ markup: styleSheet }}</style>
</head>
<body>
${bodyMarkup(night)}
<script type="application/json" id="night">${{ markup: nightJson(night) }}</script>
`.markup
  const previews = night.frames.flatMap(({ preview }, id) =>
    preview ? previewBlock(id, preview) : [],
  )
  // The script comes before the pictures: the page can be used while megabytes of them are still read.
  return `${head}<script>${script}</script>\n${previews.join('')}</body>\n</html>\n`
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

/** The page's data; `<` is written so that no value can end the element that holds it. */
export function nightJson({ sessions, frames }: ReportNight): string {
  const plain = frames.map(({ preview, ...frame }, id) => ({
    ...frame,
    id,
    reasons: frame.assessment.causes.map(reasonFor),
    ...(preview ? { preview: { width: preview.width, height: preview.height } } : {}),
  }))
  return JSON.stringify({ sessions, frames: plain }).replaceAll('<', '\\u003c')
}

/** A picture as text that nothing runs: the page makes an image of it when it is needed. */
function previewBlock(id: number, { data }: ReportPreview): string {
  const base64 = typeof data === 'string' ? data : Buffer.from(data).toString('base64')
  return `<script type="text/plain" id="preview-${id}">${base64.replace(/[^\w+/=]/g, '')}</script>\n`
}
