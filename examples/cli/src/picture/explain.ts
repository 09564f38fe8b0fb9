import {
  autoStretch,
  type FrameAssessment,
  type LocalGrid,
  type Plane,
  resizeByAveraging,
  type Streak,
  toBytes,
} from '@nebulift/prefilter'
import { outlineTrail, regionsToMark } from '../report/page/outline.ts'
import { drawCaption, layOutCaption } from './caption.ts'
import { actionColors, coveredColor, dimmedColor, panelColor, streakColors } from './palette.ts'
import { encodePng } from './png.ts'
import { fitSize } from './preview.ts'
import {
  type Box,
  type Color,
  createRaster,
  drawGrey,
  drawLine,
  drawPath,
  type Raster,
  tintBox,
} from './raster.ts'

export interface ExplainOptions {
  /** Longer side of the picture in pixels. Default: full size. */
  readonly longSidePx?: number
  /** Tint the cells that clouds cover or dim. Default true. */
  readonly grid?: boolean
  /** Outline trails. Default true. */
  readonly streaks?: boolean
  /** First line of the caption, such as the file's name. Default none. */
  readonly title?: string
}

/** Narrowest picture on which a caption can be read; smaller frames are centred on it. */
const leastWidth = 360

/**
 * A PNG of the stretched frame. With an assessment, trails are outlined, covered cells tinted, and a
 * caption under the picture says what was decided and why; without one it is the bare grey picture.
 */
export function explainPng(
  plane: Plane,
  assessment: FrameAssessment | undefined,
  { longSidePx, grid = true, streaks = true, title = '' }: ExplainOptions = {},
): Uint8Array {
  const size = fitSize(plane, longSidePx ?? Math.max(plane.width, plane.height))
  const isWhole = size.width === plane.width && size.height === plane.height
  const shown = isWhole ? plane : resizeByAveraging(plane, size.width, size.height)
  const grey = toBytes(shown, autoStretch(plane, { targetBackground: 0.2 }))
  if (assessment === undefined) return encodePng({ ...size, data: grey, channels: 1 })
  const width = Math.max(size.width, leastWidth)
  const caption = layOutCaption(assessment, title, width)
  const raster = createRaster(width, size.height + caption.heightPx, panelColor)
  const picture = { x: Math.floor((width - size.width) / 2), y: 0, ...size }
  const scale = size.width / plane.width
  drawGrey(raster, grey, picture)
  if (grid) tintGrid(raster, assessment.clouds.grid, picture)
  drawRegions(raster, assessment, { picture, scale })
  if (streaks) for (const streak of assessment.streaks) drawStreak(raster, streak, picture, scale)
  drawCaption(raster, caption, { top: size.height, mark: actionColors[assessment.action] })
  return encodePng({ ...raster, channels: 3 })
}

/** How strongly a cell is tinted and in which colour; nothing for a clear cell. */
function tintOfCell(grid: LocalGrid, cell: number): { color: Color; alpha: number } | undefined {
  const transparency = grid.transparency[cell] ?? 1
  const lost = Math.min(1, Math.max(0, 1 - transparency))
  if (grid.covered[cell] === 1) return { color: coveredColor, alpha: 0.16 + 0.2 * lost }
  return lost > 0.15 ? { color: dimmedColor, alpha: 0.2 * lost } : undefined
}

function tintGrid(raster: Raster, grid: LocalGrid, picture: Box): void {
  for (let cell = 0; cell < grid.columns * grid.rows; cell++) {
    const tint = tintOfCell(grid, cell)
    if (tint === undefined) continue
    const column = cell % grid.columns
    const row = Math.floor(cell / grid.columns)
    const left = Math.round((column * picture.width) / grid.columns)
    const top = Math.round((row * picture.height) / grid.rows)
    const right = Math.round(((column + 1) * picture.width) / grid.columns)
    const bottom = Math.round(((row + 1) * picture.height) / grid.rows)
    // A seam of one pixel keeps the cells apart.
    const box = { x: picture.x + left, y: top, width: right - left - 1, height: bottom - top - 1 }
    tintBox(raster, box, tint.color, tint.alpha)
  }
}

function drawRegions(
  raster: Raster,
  assessment: FrameAssessment,
  { picture, scale }: { picture: Box; scale: number },
): void {
  const style = { color: actionColors.review, widthPx: lineWidth(picture), clip: picture }
  for (const { region } of regionsToMark(assessment.causes)) {
    const left = picture.x + region.x0 * scale
    const right = picture.x + region.x1 * scale - 1
    const top = region.y0 * scale
    const bottom = region.y1 * scale - 1
    const corners = [
      { x: left, y: top },
      { x: right, y: top },
      { x: right, y: bottom },
      { x: left, y: bottom },
      { x: left, y: top },
    ]
    drawPath(raster, corners, style)
  }
}

/** Lines as thin as can be seen when the whole picture is looked at. */
function lineWidth(picture: Box): number {
  return Math.max(1, Math.max(picture.width, picture.height) / 900)
}

function drawStreak(raster: Raster, streak: Streak, picture: Box, scale: number): void {
  const widthPx = lineWidth(picture)
  const onPicture = {
    // The centre of a pixel lies half a pixel from its corner, whatever its size.
    x0: picture.x + (streak.x0 + 0.5) * scale - 0.5,
    y0: (streak.y0 + 0.5) * scale - 0.5,
    x1: picture.x + (streak.x1 + 0.5) * scale - 0.5,
    y1: (streak.y1 + 0.5) * scale - 0.5,
    sagittaPx: streak.sagittaPx * scale,
  }
  const outline = outlineTrail(onPicture, streak.widthPx * scale + 5 * widthPx)
  const style = { color: streakColors[streak.kind], widthPx, clip: picture }
  for (const side of outline.sides) drawPath(raster, side, style)
  for (const end of outline.ends) drawLine(raster, end, { ...style, widthPx: 1.6 * widthPx })
}
