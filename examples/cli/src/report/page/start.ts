/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import { startCharts } from './chart-view.ts'
import { byId, createPage, originOf } from './dom.ts'
import { startFilters } from './filter-view.ts'
import { startKeys } from './keys.ts'
import type { PageFrame, PageNight } from './model.ts'
import { startTable } from './table-view.ts'
import { startViewer } from './viewer.ts'

/** Brings the report to life once its data has been read. */
export function startPage(): void {
  const night: PageNight = JSON.parse(byId('night').textContent ?? '')
  if (night.frames.length === 0) return
  const page = createPage(night)
  const viewer = startViewer(page)
  const open = (frame: PageFrame) => viewer.open(frame)
  startTable(page)
  startFilters(page)
  startCharts(page, open)
  startKeys(page)
  document.addEventListener('click', (event) => {
    const id = originOf(event, 'open')?.dataset.open
    const frame = id === undefined ? undefined : night.frames[Number(id)]
    if (frame !== undefined) open(frame)
  })
  page.change({})
}
