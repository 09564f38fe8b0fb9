/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import { detailsMarkup } from './details.ts'
import { byId, originOf, type Page, show } from './dom.ts'
import type { PageFrame } from './model.ts'
import { createStage, type Stage } from './stage.ts'

/** The full-size view: one frame, why it was judged so, and the way to its neighbours. */
export interface Viewer {
  readonly open: (frame: PageFrame) => void
  readonly isOpen: () => boolean
}

/** Connects the full-size view with the page. Steps go through the chosen frames in their order. */
export function startViewer(page: Page): Viewer {
  const dialog = byId<HTMLDialogElement>('viewer')
  const stage = createStage()
  let current: PageFrame | undefined
  const put = (frame: PageFrame) => {
    current = frame
    tellFrame(page, frame)
    stage.put(frame)
  }
  const step = (by: number) => {
    const next = neighbour(page, current, by)
    if (next !== undefined) put(next)
  }
  const open = (frame: PageFrame) => {
    if (!dialog.open) dialog.showModal()
    put(frame)
  }
  dialog.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const act = viewerKeys(stage, step)[event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  })
  dialog.addEventListener('click', (event) => {
    const wanted = originOf(event, 'view')?.dataset.view
    if (wanted === 'close') dialog.close()
    else if (wanted !== undefined) viewerKeys(stage, step)[wanted]?.()
  })
  dialog.addEventListener('close', () => {
    if (current !== undefined) backToRow(current)
  })
  page.onChange(() => {
    if (dialog.open && current !== undefined) tellFrame(page, current)
  })
  return { open, isOpen: () => dialog.open }
}

/** What each key does in the full-size view; the buttons act by the same names. */
function viewerKeys(
  stage: Stage,
  step: (by: number) => void,
): Readonly<Record<string, () => void>> {
  return {
    ArrowRight: () => step(1),
    j: () => step(1),
    ArrowLeft: () => step(-1),
    k: () => step(-1),
    Home: () => step(-1e9),
    End: () => step(1e9),
    o: stage.toggleOverlay,
    f: stage.fit,
    '0': stage.fit,
    '1': stage.oneToOne,
    '+': () => stage.zoom(1.4),
    '=': () => stage.zoom(1.4),
    '-': () => stage.zoom(1 / 1.4),
  }
}

function neighbour(page: Page, current: PageFrame | undefined, by: number): PageFrame | undefined {
  const frames = page.chosen()
  const at = current === undefined ? -1 : frames.indexOf(current)
  // A frame that the filters no longer show leads to the first one.
  return frames[at < 0 ? 0 : Math.min(frames.length - 1, Math.max(0, at + by))]
}

function tellFrame(page: Page, frame: PageFrame): void {
  const { sessions } = page.night
  const session = sessions.find(({ key }) => key === frame.sessionKey)?.label ?? frame.sessionKey
  show(byId('details'), detailsMarkup(frame, session, page.state().zone))
  byId('details').scrollTop = 0
  const at = page.chosen().indexOf(frame)
  byId('place').textContent = `${at < 0 ? '–' : at + 1} / ${page.chosen().length}`
}

function backToRow(frame: PageFrame): void {
  const row = byId(`row-${frame.id}`)
  if (row.hidden) return
  row.scrollIntoView({ block: 'nearest' })
  row.querySelector<HTMLElement>('button.thumb')?.focus()
}
