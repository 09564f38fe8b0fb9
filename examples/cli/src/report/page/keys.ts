/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import { byId, type Page } from './dom.ts'
import { everything } from './model.ts'

/** Keys of the page itself; the full-size view and the help have their own while they are open. */
export function startKeys(page: Page): void {
  const help = byId<HTMLDialogElement>('help')
  const search = byId<HTMLInputElement>('search')
  const act: Readonly<Record<string, () => void>> = {
    '/': () => search.focus(),
    j: () => stepRow(1),
    k: () => stepRow(-1),
    r: () => page.choose(everything),
    u: () => turnZone(page),
  }
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const isTyping = event.target instanceof Element && event.target.matches('input, select')
    if (isTyping && event.key === 'Escape') search.blur()
    if (isTyping) return
    if (event.key === '?') {
      event.preventDefault()
      if (help.open) help.close()
      else help.showModal()
    } else if (act[event.key] && document.querySelector('dialog[open]') === null) {
      event.preventDefault()
      act[event.key]!()
    }
  })
  for (const button of document.querySelectorAll('[data-help]'))
    button.addEventListener('click', () => (help.open ? help.close() : help.showModal()))
  byId('zone').addEventListener('click', () => turnZone(page))
  byId('axis').addEventListener('click', () => page.change({ byTime: !page.state().byTime }))
  page.onChange(() => tellSwitches(page))
}

function turnZone(page: Page): void {
  page.change({ zone: page.state().zone === 'utc' ? 'local' : 'utc' })
}

function tellSwitches(page: Page): void {
  const { zone, byTime } = page.state()
  byId('zone').textContent = zone === 'utc' ? 'UTC' : 'Local time'
  byId('axis').textContent = byTime ? 'By time' : 'By order'
}

/** Moves the focus to the next or previous row in sight. */
function stepRow(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('#rows tr:not([hidden])')]
  const at = rows.findIndex((row) => row.contains(document.activeElement))
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]
  next?.querySelector<HTMLElement>('button.thumb')?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}
