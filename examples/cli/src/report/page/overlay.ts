import type { LocalGrid, Region, Streak } from '@nebulift/prefilter'
import { formatNumber } from './format.ts'
import { html, type Markup } from './markup.ts'
import type { PageFrame } from './model.ts'
import { outlineTrail, type Point, regionsToMark, trailLine } from './outline.ts'
import { streakWords, wordsFor } from './words.ts'

const tenth = (value: number) => Math.round(value * 10) / 10

function pathOf(points: readonly Point[]): string {
  return points
    .map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${tenth(x)} ${tenth(y)}`)
    .join('')
}

/**
 * What was found, drawn over a frame's picture. Coordinates are the frame's pixels; `screenPerPx` is how
 * large one of them is shown, so that outlines keep their distance; without it, as for thumbnails, each
 * trail is one line.
 */
export function overlayMarkup(frame: PageFrame, screenPerPx?: number): Markup {
  const { clouds, causes, streaks } = frame.assessment
  // The first pixel's centre is (0, 0), so the picture's corner lies half a pixel before it.
  return html`<svg class="overlay" viewBox="-0.5 -0.5 ${frame.width} ${frame.height}" aria-hidden="true" focusable="false">
${gridCells(clouds.grid, frame)}
${regionsToMark(causes).map(({ region, kind }) => regionBox(region, wordsFor(kind).name))}
${streaks.map((streak) => (screenPerPx === undefined ? thinTrail(streak) : outlinedTrail(streak, screenPerPx)))}
</svg>`
}

function thinTrail(streak: Streak): Markup {
  return html`<path class="trail ${streak.kind}" d="${pathOf(trailLine(streak, 0))}"/>`
}

function outlinedTrail(streak: Streak, screenPerPx: number): Markup {
  const outline = outlineTrail(streak, streak.widthPx + 6 / screenPerPx)
  const [first, second] = outline.sides
  const title = `${streakWords[streak.kind]}, ${formatNumber(streak.lengthPx)} px long, SNR ${formatNumber(streak.snr)}`
  return html`<g class="trail ${streak.kind}" data-trail="${streak.x0} ${streak.y0} ${streak.x1} ${streak.y1}"><title>${title}</title><path d="${pathOf(first)}${pathOf(second)}"/><path class="ends" d="${outline.ends.map(pathOf).join('')}"/></g>`
}

function regionBox(region: Region, name: string): Markup {
  return html`<rect class="region" x="${region.x0 - 0.5}" y="${region.y0 - 0.5}" width="${region.x1 - region.x0}" height="${region.y1 - region.y0}"><title>${name}</title></rect>`
}

/** Cells that are covered, or dimmed by more than a seventh. */
function gridCells(grid: LocalGrid, size: { width: number; height: number }): readonly Markup[] {
  const cells: Markup[] = []
  const width = size.width / grid.columns
  const height = size.height / grid.rows
  for (let cell = 0; cell < grid.columns * grid.rows; cell++) {
    const lost = Math.min(1, Math.max(0, 1 - (grid.transparency[cell] ?? 1)))
    const isCovered = grid.covered[cell] === 1
    if (!isCovered && lost <= 0.15) continue
    const x = (cell % grid.columns) * width - 0.5
    const y = Math.floor(cell / grid.columns) * height - 0.5
    const strength = isCovered ? 0.18 + 0.22 * lost : 0.22 * lost
    cells.push(
      html`<rect class="cell ${isCovered ? 'covered' : 'dimmed'}" x="${tenth(x)}" y="${tenth(y)}" width="${tenth(width)}" height="${tenth(height)}" fill-opacity="${Math.round(strength * 100) / 100}"/>`,
    )
  }
  return cells
}
