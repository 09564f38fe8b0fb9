import { skyCell } from './cloudLayer.ts'
import { type GridMap, makeGridMap, valueAt } from './gridMap.ts'
import { cos, radians, sin } from './math.ts'
import type { CloudSpec, SkySpec } from './types.ts'

/**
 * Light of the sky over the frame, in electrons per pixel. Light pollution and moonlight rise towards one side
 * (the Moon's also bends: Krisciunas & Schaefer 1991); a cloud hides part of it and sends back light of its own.
 */
export function makeSkyMap(
  size: { readonly width: number; readonly height: number },
  sky: SkySpec,
  skyE: number,
  cover: {
    readonly map: GridMap | undefined
    readonly spec: CloudSpec | undefined
    readonly hazeGlow: number
  },
): GridMap {
  const { level = 1, gradient = 0, gradientDeg = 0, moon = 0, moonDeg = 0, twilight = 0 } = sky
  const scale = 2 / Math.max(size.width, size.height)
  const slope = directed(gradientDeg)
  const moonward = directed(moonDeg)
  const brightness = cover.spec?.brightness ?? 2
  return makeGridMap(size, skyCell, (x, y) => {
    const u = (x - (size.width - 1) / 2) * scale
    const v = (y - (size.height - 1) / 2) * scale
    const towards = u * moonward.x + v * moonward.y
    const town = level * (1 + 0.5 * gradient * (u * slope.x + v * slope.y))
    const moonlight = moon * (1 + 0.16 * towards + 0.05 * towards * towards)
    const dusk = twilight * (1 + 0.08 * (u * slope.y + v * slope.x))
    const clear = skyE * Math.max(0.05, town + moonlight + dusk + cover.hazeGlow)
    if (!cover.map) return clear
    const transparency = valueAt(cover.map, x, y)
    return clear * (transparency + brightness * (1 - transparency))
  })
}

function directed(angleDeg: number): { x: number; y: number } {
  return { x: cos(radians(angleDeg)), y: sin(radians(angleDeg)) }
}
