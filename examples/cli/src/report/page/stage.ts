/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import { byId, previewUrl, show } from './dom.ts'
import { html } from './markup.ts'
import type { PageFrame } from './model.ts'
import { overlayMarkup } from './overlay.ts'
import { centred, fitView, keepInSight, type View, zoomAt } from './zoom.ts'

/** The area on which one frame is looked at closely. */
export interface Stage {
  readonly put: (frame: PageFrame) => void
  readonly fit: () => void
  readonly oneToOne: () => void
  readonly zoom: (factor: number) => void
  readonly move: (dx: number, dy: number) => void
  readonly toggleOverlay: () => void
}

/** Where pictures come from, and what a click does. */
export interface StageOptions {
  /** Default: the pictures stored in the page. */
  readonly pictureUrl?: (id: number) => string | undefined
  /** A click changes between the whole picture and three times as large; else a double click between that and 1:1. */
  readonly clickZooms?: boolean
}

/** Makes the stage: wheel and pinch zoom, dragging moves, clicks change between near and far. */
export function createStage(options: StageOptions = {}): Stage {
  const { pictureUrl = previewUrl, clickZooms = false } = options
  const area = byId('stage')
  const picture = byId('picture')
  let frame: PageFrame | undefined
  let view: View = { x: 0, y: 0, scale: 1 }
  let isFitted = true
  const room = () => ({ width: area.clientWidth, height: area.clientHeight })
  const size = () => frame?.preview ?? frame ?? { width: 1, height: 1 }
  const apply = (wanted: View) => {
    view = keepInSight(wanted, size(), room())
    placePicture(picture, frame, view)
  }
  const fit = () => {
    isFitted = true
    apply(fitView(size(), room()))
  }
  const zoomTo = (factor: number, at: Spot) => {
    isFitted = false
    apply(zoomAt(view, { at, factor, fit: fitView(size(), room()).scale }))
  }
  const middle = () => ({ x: area.clientWidth / 2, y: area.clientHeight / 2 })
  const oneToOne = () => {
    isFitted = false
    apply(centred(size(), room(), 1))
  }
  const move = (dx: number, dy: number) => {
    isFitted = false
    apply({ ...view, x: view.x + dx, y: view.y + dy })
  }
  const put = (next: PageFrame) => {
    const isSameSize = frame?.width === next.width && frame.height === next.height
    frame = next
    showPicture(picture, next, pictureUrl)
    if (isFitted || !isSameSize) fit()
    else apply(view)
  }
  new ResizeObserver(() => (isFitted ? fit() : apply(view))).observe(area)
  if (!clickZooms) area.addEventListener('dblclick', () => (isFitted ? oneToOne() : fit()))
  const click = (at: Spot) => {
    if (clickZooms) isFitted ? zoomTo(3, at) : fit()
  }
  listenToPointers(area, { zoomTo, move, click })
  return {
    put,
    fit,
    oneToOne,
    move,
    zoom: (factor) => zoomTo(factor, middle()),
    toggleOverlay: () => {
      const isHidden = area.classList.toggle('bare')
      byId('overlay').setAttribute('aria-pressed', String(!isHidden))
    },
  }
}

function showPicture(
  picture: Element,
  frame: PageFrame,
  pictureUrl: (id: number) => string | undefined,
): void {
  const url = frame.preview && pictureUrl(frame.id)
  const image = url
    ? html`<img alt="${frame.file}" src="${url}" draggable="false">`
    : html`<p class="blank">No picture was stored for this frame.</p>`
  show(picture, html`${image}<div class="over"></div>`)
}

/** Puts the picture where the view says; outlines are drawn anew, so that they keep their thickness. */
function placePicture(picture: HTMLElement, frame: PageFrame | undefined, view: View): void {
  if (frame === undefined) return
  const size = frame.preview ?? frame
  picture.style.transform = `translate(${view.x}px, ${view.y}px)`
  picture.style.width = `${size.width * view.scale}px`
  picture.style.height = `${size.height * view.scale}px`
  picture.classList.toggle('close', view.scale > 2.5)
  const over = picture.querySelector('.over')
  if (over) show(over, overlayMarkup(frame, (size.width * view.scale) / frame.width))
  byId('scale').textContent = `${Math.round(100 * view.scale)} %`
}

/** A point of the stage, in screen pixels from its corner. */
interface Spot {
  readonly x: number
  readonly y: number
}

interface Gestures {
  readonly zoomTo: (factor: number, at: Spot) => void
  readonly move: (dx: number, dy: number) => void
  readonly click: (at: Spot) => void
}

/** Hands tremble: a press that moved less than this many screen pixels is a click. */
const tremblePx = 4

function listenToPointers(area: HTMLElement, { zoomTo, move, click }: Gestures): void {
  const held = new Map<number, Spot>()
  let pressed: Spot | undefined
  const place = ({ clientX, clientY }: MouseEvent) => {
    const corner = area.getBoundingClientRect()
    return { x: clientX - corner.left, y: clientY - corner.top }
  }
  area.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault()
      zoomTo(Math.exp(-event.deltaY * (event.deltaMode === 0 ? 0.002 : 0.05)), place(event))
    },
    { passive: false },
  )
  area.addEventListener('pointerdown', (event) => {
    area.setPointerCapture(event.pointerId)
    held.set(event.pointerId, place(event))
    pressed = held.size === 1 ? place(event) : undefined
  })
  area.addEventListener('pointermove', (event) => {
    const before = held.get(event.pointerId)
    if (before === undefined) return
    const now = place(event)
    if (pressed && Math.hypot(now.x - pressed.x, now.y - pressed.y) > tremblePx) pressed = undefined
    const other = [...held].find(([id]) => id !== event.pointerId)?.[1]
    held.set(event.pointerId, now)
    if (other === undefined) return move(now.x - before.x, now.y - before.y)
    const spread = (point: Spot) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y))
    zoomTo(spread(now) / spread(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 })
  })
  area.addEventListener('pointerup', () => {
    if (pressed) click(pressed)
    pressed = undefined
  })
  for (const end of ['pointerup', 'pointercancel'] as const)
    area.addEventListener(end, (event) => held.delete(event.pointerId))
}
