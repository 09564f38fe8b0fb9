/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import type { Action } from '@nebulift/prefilter'
import { byId, originOf, type Page } from './dom.ts'
import { everything, toggled } from './model.ts'

/** Connects search, filter buttons, session and sort lists with the page's state. */
export function startFilters(page: Page): void {
  const search = byId<HTMLInputElement>('search')
  const session = byId<HTMLSelectElement>('session')
  const sort = byId<HTMLSelectElement>('sort')
  const turn = byId('turn')
  search.addEventListener('input', () => page.choose({ query: search.value }))
  session.addEventListener('change', () => page.choose({ session: session.value }))
  sort.addEventListener('change', () => page.choose({ sort: sort.value, descending: false }))
  turn.addEventListener('click', () => page.choose({ descending: !page.state().choice.descending }))
  byId('reset').addEventListener('click', () => {
    const { sort: column, descending } = page.state().choice
    page.choose({ ...everything, sort: column, descending })
  })
  document.addEventListener('click', (event) => toggleFilter(page, event))
  page.onChange(() => {
    const { choice } = page.state()
    if (search.value !== choice.query) search.value = choice.query
    session.value = choice.session
    sort.value = choice.sort
    turn.setAttribute('aria-pressed', String(choice.descending))
    showPressed(page)
    tellCount(page)
  })
}

function toggleFilter(page: Page, event: Event): void {
  const { choice } = page.state()
  const action = originOf(event, 'action')?.dataset.action
  const cause = originOf(event, 'cause')?.dataset.cause
  if (action !== undefined) page.choose({ actions: toggled(choice.actions, action as Action) })
  if (cause !== undefined) page.choose({ causes: toggled(choice.causes, cause) })
}

function showPressed(page: Page): void {
  const { choice } = page.state()
  for (const button of document.querySelectorAll<HTMLElement>('[data-action]')) {
    const isOn = choice.actions.includes(button.dataset.action as Action)
    button.setAttribute('aria-pressed', String(isOn))
  }
  for (const button of document.querySelectorAll<HTMLElement>('[data-cause]')) {
    const isOn = choice.causes.includes(button.dataset.cause ?? '')
    button.setAttribute('aria-pressed', String(isOn))
  }
}

function tellCount(page: Page): void {
  const { choice } = page.state()
  const all = page.night.frames.length
  const shown = page.chosen().length
  byId('count').textContent = shown === all ? `${all} frames` : `${shown} of ${all} frames`
  byId('reset').hidden =
    choice.query === '' &&
    choice.session === '' &&
    choice.actions.length === 0 &&
    choice.causes.length === 0
}
