/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import { byId, originOf, type Page, previewUrl, show } from './dom.ts'
import { columns } from './model.ts'
import { headMarkup, rowMarkup, timeText } from './rows.ts'

/** Fills the table and keeps it in step with what the reader chose. */
export function startTable(page: Page): void {
  const body = byId('rows')
  const head = byId('heads')
  show(head, headMarkup())
  show(body, {
    markup: page.night.frames.map((f) => rowMarkup(f, page.state().zone).markup).join(''),
  })
  byId('table').classList.toggle(
    'timeless',
    page.night.frames.every((frame) => frame.timeMs === undefined),
  )
  const rows = page.night.frames.map((frame) => byId(`row-${frame.id}`))
  let zone = page.state().zone
  page.onChange(() => {
    orderRows(page, body, rows)
    markSorted(page, head)
    if (zone !== page.state().zone) tellTimes(page, rows)
    zone = page.state().zone
  })
  head.addEventListener('click', (event) => {
    const column = originOf(event, 'column')?.dataset.column
    if (column !== undefined) sortBy(page, column)
  })
  loadPicturesInSight(body)
}

/** Sorts by a column; once more turns the order round; a third time gives the order of the night back. */
export function sortBy(page: Page, column: string): void {
  const { sort, descending } = page.state().choice
  if (sort !== column) page.choose({ sort: column, descending: false })
  else if (!descending) page.choose({ descending: true })
  else page.choose({ sort: '', descending: false })
}

function orderRows(page: Page, body: Element, rows: readonly HTMLElement[]): void {
  const shown = page.chosen()
  const hidden = new Set(rows)
  const ordered = document.createDocumentFragment()
  for (const frame of shown) {
    const row = rows[frame.id]!
    row.hidden = false
    hidden.delete(row)
    ordered.append(row)
  }
  for (const row of hidden) {
    row.hidden = true
    ordered.append(row)
  }
  body.append(ordered)
  byId('nothing').hidden = shown.length > 0
}

function markSorted(page: Page, head: Element): void {
  const { sort, descending } = page.state().choice
  for (const cell of head.querySelectorAll<HTMLElement>('[data-column]')) {
    if (cell.dataset.column !== sort) cell.removeAttribute('aria-sort')
    else cell.setAttribute('aria-sort', descending ? 'descending' : 'ascending')
  }
}

function tellTimes(page: Page, rows: readonly HTMLElement[]): void {
  const index = columns.findIndex((column) => column.id === 'time') + 1
  for (const frame of page.night.frames) {
    const cell = rows[frame.id]!.children[index]
    if (cell) show(cell, timeText(frame.timeMs, page.state().zone))
  }
}

/** Pictures are decoded when their row comes near the window, or all at once for printing. */
function loadPicturesInSight(body: Element): void {
  const pictures = body.querySelectorAll<HTMLImageElement>('img[data-preview]')
  const load = (picture: HTMLImageElement) => {
    watcher.unobserve(picture)
    const url = previewUrl(Number(picture.dataset.preview))
    if (url === undefined) picture.remove()
    else picture.src = url
  }
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) if (entry.isIntersecting) load(entry.target as HTMLImageElement)
    },
    { rootMargin: '600px' },
  )
  const watch = () => {
    for (const picture of pictures) watcher.observe(picture)
  }
  // The pictures follow the script in the file.
  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', watch)
  else watch()
  addEventListener('beforeprint', () => {
    for (const picture of pictures) if (!picture.src) load(picture)
  })
}
