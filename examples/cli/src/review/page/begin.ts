/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import type { CauseKind } from '@nebulift/prefilter'
import { byId, originOf } from '../../report/page/dom.ts'
import { causeKey, causeKeys, choosable, chooseCause, chooseVerdict } from './choices.ts'
import { createDesk, type Desk } from './desk.ts'
import { tellStatus } from './panel.ts'

/** Brings the page to life: reads the night and listens to keys and clicks. */
export function startReview(): void {
  const desk = createDesk()
  const acts = actsOf(desk)
  const filter = byId<HTMLSelectElement>('filter')
  filter.value = sessionStorage.getItem('filter') ?? 'first'
  filter.addEventListener('change', () => {
    desk.choose(filter.value)
    // Keys belong to the frames again.
    filter.blur()
  })
  document.addEventListener('keydown', (event) => onKey(event, acts))
  document.addEventListener('click', (event) => {
    const act = originOf(event, 'act')?.dataset.act
    const say = originOf(event, 'say')?.dataset.say
    const cause = originOf(event, 'cause')?.dataset.cause
    if (cause !== undefined) sayCause(desk, cause as CauseKind)
    else acts[act ?? say ?? '']?.()
  })
  const refresh = () =>
    desk.refresh().catch((error: unknown) => {
      tellStatus(error instanceof Error ? error.message : String(error), 'bad')
    })
  // Another tab or another batch may have changed the night.
  addEventListener('focus', () => void refresh())
  addEventListener('hashchange', () => location.reload())
  void refresh()
}

function sayCause(desk: Desk, kind: CauseKind): void {
  const frame = desk.current()
  if (frame) desk.say(chooseCause(frame, kind), 'stay')
}

/** What each key does; buttons act by the same names. */
function actsOf(desk: Desk): Readonly<Record<string, () => void>> {
  const { stage } = desk
  const help = byId<HTMLDialogElement>('help')
  const acts: Record<string, () => void> = {
    ArrowRight: () => desk.step(1),
    j: () => desk.step(1),
    ArrowLeft: () => desk.step(-1),
    k: () => desk.step(-1),
    PageDown: () => desk.step(10),
    PageUp: () => desk.step(-10),
    Home: () => desk.step(-1e9),
    End: () => desk.step(1e9),
    u: desk.undo,
    b: desk.blink,
    o: stage.toggleOverlay,
    f: stage.fit,
    '+': () => stage.zoom(1.4),
    '=': () => stage.zoom(1.4),
    '-': () => stage.zoom(1 / 1.4),
    '?': () => (help.open ? help.close() : help.showModal()),
  }
  for (const said of choosable) {
    acts[said.key] = () => {
      const frame = desk.current()
      if (frame) desk.say(chooseVerdict(frame, said), 'on')
    }
  }
  for (const [index, kind] of causeKeys.entries()) {
    if (causeKey(index) !== '') acts[causeKey(index)] = () => sayCause(desk, kind)
  }
  return acts
}

function onKey(event: KeyboardEvent, acts: Readonly<Record<string, () => void>>): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const { target, key } = event
  // A list of choices takes letters and arrows for itself.
  if (target instanceof Element && target.matches('select')) return
  if (byId<HTMLDialogElement>('help').open && key !== '?') return
  const act = Object.hasOwn(acts, key) ? acts[key] : undefined
  // A key that is held down steps through frames; it must not judge them all.
  const isStep = /^(Arrow|Page|[jk+=-]$)/.test(key)
  if (act === undefined || (event.repeat && !isStep)) return
  event.preventDefault()
  act()
}
