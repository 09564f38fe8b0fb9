/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import { byId, show } from '../../report/page/dom.ts'
import { html } from '../../report/page/markup.ts'
import type { PageFrame } from '../../report/page/model.ts'
import { actionMark, splitPath, thumbMarkup } from '../../report/page/rows.ts'
import { actionWords } from '../../report/page/words.ts'
import type { Pictures } from './pictures.ts'

/** The film strip: the current frame in the middle, its neighbours of the list on both sides. */
export interface Strip {
  readonly put: (frames: readonly PageFrame[], list: readonly number[], at: number) => void
  /** Forgets all thumbnails. */
  readonly clear: () => void
}

/** Thumbnails on each side; more do not fit any screen, and a night of 1,000 frames costs no more. */
const reach = 14

/** Makes the strip; `open` is called with the place in the list of a thumbnail that was clicked. */
export function createStrip(pictures: Pictures, open: (at: number) => void): Strip {
  const strip = byId('strip')
  const made = new Map<number, HTMLButtonElement>()
  const buttonOf = (frame: PageFrame) => {
    const known = made.get(frame.id)
    if (known) return known
    const button = document.createElement('button')
    button.type = 'button'
    made.set(frame.id, button)
    show(button, html`<span class="thumb">${thumbMarkup(frame)}</span><span class="under"></span>`)
    const image = button.querySelector('img')
    void pictures.load(frame).then((url) => {
      if (url !== undefined && image) image.src = url
    })
    return button
  }
  return {
    clear: () => made.clear(),
    put: (frames, list, at) => {
      const first = Math.max(0, at - reach)
      const shown = list.slice(first, at + reach + 1)
      const buttons = shown.flatMap((id, index) => {
        const frame = frames[id]
        if (!frame) return []
        const button = buttonOf(frame)
        tellThumb(button, frame, first + index === at)
        button.onclick = () => open(first + index)
        return [button]
      })
      strip.replaceChildren(...buttons)
      for (const id of made.keys()) if (!shown.includes(id)) made.delete(id)
      centre(strip, buttons[at - first])
    },
  }
}

function tellThumb(button: HTMLButtonElement, frame: PageFrame, isCurrent: boolean): void {
  const { action, corrected } = frame.assessment
  const by = corrected ? ', corrected' : ''
  button.setAttribute('aria-label', `${frame.file}: ${actionWords[action].name}${by}`)
  button.title = frame.file
  button.tabIndex = isCurrent ? 0 : -1
  if (isCurrent) button.setAttribute('aria-current', 'true')
  else button.removeAttribute('aria-current')
  button.className = `shot ${action}`
  const under = button.querySelector('.under')
  const tick = corrected ? html`<b aria-hidden="true">✓</b>` : html``
  if (under) show(under, html`${actionMark(action)}<i>${splitPath(frame.file).name}</i>${tick}`)
}

function centre(strip: HTMLElement, current: HTMLElement | undefined): void {
  if (current === undefined) return
  strip.scrollLeft = current.offsetLeft + current.offsetWidth / 2 - strip.clientWidth / 2
}
