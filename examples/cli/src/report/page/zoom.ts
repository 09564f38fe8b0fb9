/** Where a picture lies on the stage: its top left corner and the size of one of its pixels, in screen pixels. */
export interface View {
  readonly x: number
  readonly y: number
  readonly scale: number
}

interface Size {
  readonly width: number
  readonly height: number
}

/** The whole picture in the middle of the stage, as large as it fits. */
export function fitView(picture: Size, stage: Size): View {
  const scale = Math.min(stage.width / picture.width, stage.height / picture.height) || 1
  return centred(picture, stage, scale)
}

/** The picture in the middle of the stage at a given scale. */
export function centred(picture: Size, stage: Size, scale: number): View {
  return {
    x: (stage.width - picture.width * scale) / 2,
    y: (stage.height - picture.height * scale) / 2,
    scale,
  }
}

/** Zooms so that the point of the picture under `at` stays there; between half of `fit` and 16 times 1:1. */
export function zoomAt(
  view: View,
  { at, factor, fit }: { at: { x: number; y: number }; factor: number; fit: number },
): View {
  const scale = Math.min(Math.max(16, fit), Math.max(fit / 2, view.scale * factor))
  const ratio = scale / view.scale
  return { x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio, scale }
}

/** Keeps at least a quarter of the stage covered, so that a picture cannot be lost. */
export function keepInSight(view: View, picture: Size, stage: Size): View {
  const clamp = (start: number, length: number, room: number) => {
    const least = Math.min(length, room) / 2
    return Math.min(room - least, Math.max(least - length, start))
  }
  return {
    x: clamp(view.x, picture.width * view.scale, stage.width),
    y: clamp(view.y, picture.height * view.scale, stage.height),
    scale: view.scale,
  }
}
