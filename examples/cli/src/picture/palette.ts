import type { Action, StreakKind } from '@nebulift/prefilter'
import type { Color } from './raster.ts'

/** Colours of the annotated picture; the report's style sheet holds the same ones. */
export const streakColors: Readonly<Record<StreakKind, Color>> = {
  satellite: [79, 209, 255],
  airplane: [255, 159, 90],
  meteor: [196, 245, 90],
  unknown: [214, 150, 255],
}

export const actionColors: Readonly<Record<Action, Color>> = {
  keep: [70, 211, 154],
  mask: [91, 169, 255],
  review: [247, 200, 86],
  reject: [255, 111, 111],
}

export const coveredColor: Color = [255, 111, 111]
export const dimmedColor: Color = [247, 200, 86]
export const panelColor: Color = [13, 18, 28]
export const textColor: Color = [232, 238, 248]
export const quietColor: Color = [150, 164, 188]
