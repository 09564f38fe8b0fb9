import type { FrameAssessment } from '@nebulift/prefilter'
import { formatFixed, formatNumber, formatPercent } from '../report/page/format.ts'
import { actionWords, verdictWords } from '../report/page/words.ts'
import { reasonFor } from '../report/reasons.ts'
import { glyphHeight, toFontText } from './font.ts'
import { actionColors, panelColor, quietColor, textColor } from './palette.ts'
import { type Color, drawText, type Raster, textWidth, tintBox } from './raster.ts'

/** One line of the caption: runs of text, each in its colour. */
type Line = readonly { readonly text: string; readonly color: Color }[]

/** A caption whose lines are broken for a width, ready to be drawn. */
export interface Caption {
  readonly lines: readonly Line[]
  readonly scale: number
  readonly heightPx: number
}

const linePx = glyphHeight + 3

/** Lays out what is known of a frame under a picture of a given width. */
export function layOutCaption(
  assessment: FrameAssessment,
  title: string,
  widthPx: number,
): Caption {
  const scale = Math.max(1, Math.round(widthPx / 700))
  const columns = Math.max(16, Math.floor((widthPx / scale - 16) / 6))
  const lines: Line[] = []
  if (title !== '') lines.push(...wrap(title, columns, textColor))
  lines.push(headline(assessment))
  lines.push(...wrap(measures(assessment), columns, quietColor))
  for (const cause of assessment.causes) {
    lines.push(...wrap(`- ${reasonFor(cause)}`, columns, textColor))
  }
  return { lines, scale, heightPx: (lines.length * linePx + 13) * scale }
}

function headline({ action, verdict, score }: FrameAssessment): Line {
  return [
    { text: toFontText(actionWords[action].name.toUpperCase()), color: actionColors[action] },
    { text: toFontText(`  ${verdictWords[verdict]}, score ${score.toFixed(2)}`), color: textColor },
  ]
}

function measures({ stars, background, clouds, streaks }: FrameAssessment): string {
  const fwhm = stars.fwhmArcsec === undefined ? '' : ` (${formatFixed(stars.fwhmArcsec, 1)}″)`
  return [
    `${formatNumber(stars.count)} stars`,
    ...(stars.fwhmPx > 0
      ? [
          `FWHM ${formatFixed(stars.fwhmPx, 2)} px${fwhm}`,
          `eccentricity ${formatFixed(stars.eccentricity, 2)}`,
        ]
      : []),
    `sky ${formatNumber(background.level)}`,
    ...(clouds.transparency === null
      ? ['judged alone: clouds unknown']
      : [
          `transparency ${formatPercent(clouds.transparency)}`,
          `covered ${formatPercent(clouds.coverage)}`,
        ]),
    `${streaks.length} ${streaks.length === 1 ? 'trail' : 'trails'}`,
  ].join(' · ')
}

/** Breaks a text at spaces into lines of at most `columns` letters; words that are longer are cut. */
export function wrapText(text: string, columns: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    let rest = word
    while (line.length + (line === '' ? 0 : 1) + rest.length > columns) {
      if (line !== '') lines.push(line)
      else lines.push(rest.slice(0, columns))
      if (line === '') rest = rest.slice(columns)
      line = ''
    }
    line = line === '' ? rest : `${line} ${rest}`
  }
  return line === '' ? lines : [...lines, line]
}

function wrap(text: string, columns: number, color: Color): Line[] {
  return wrapText(toFontText(text), columns).map((line) => [{ text: line, color }])
}

/** Draws a caption as a strip from row `top` to the bottom of the raster. */
export function drawCaption(
  raster: Raster,
  { lines, scale }: Caption,
  { top, mark }: { top: number; mark: Color },
): void {
  const strip = { x: 0, y: top, width: raster.width, height: raster.height - top }
  tintBox(raster, strip, panelColor, 1)
  tintBox(raster, { ...strip, height: 2 * scale }, mark, 1)
  for (const [index, line] of lines.entries()) {
    let x = 8 * scale
    const y = top + (8 + index * linePx) * scale
    for (const { text, color } of line) {
      drawText(raster, text, { x, y, scale, color })
      x += textWidth(text, scale) + scale
    }
  }
}
