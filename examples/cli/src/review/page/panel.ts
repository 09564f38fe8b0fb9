/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import { detailsMarkup } from '../../report/page/details.ts'
import { byId, show } from '../../report/page/dom.ts'
import type { PageFrame, PageNight } from '../../report/page/model.ts'
import { namedCauses } from './choices.ts'

/** Shows the current frame's verdict, causes and numbers. */
export function tellPanel(night: PageNight, frame: PageFrame): void {
  const session = night.sessions.find(({ key }) => key === frame.sessionKey)?.label
  const details = byId('details')
  show(details, detailsMarkup(frame, session ?? frame.sessionKey, 'utc'))
  if (details.dataset.file !== frame.file) details.scrollTop = 0
  details.dataset.file = frame.file
  const { action, corrected } = frame.assessment
  for (const button of byId('verdicts').querySelectorAll<HTMLElement>('[data-say]')) {
    button.setAttribute('aria-pressed', String(button.dataset.action === action))
    button.classList.toggle('said', corrected !== undefined)
  }
  const named: readonly string[] = namedCauses(frame)
  for (const button of byId('causes').querySelectorAll<HTMLElement>('[data-cause]')) {
    button.setAttribute('aria-pressed', String(named.includes(button.dataset.cause ?? '')))
  }
}

/** Tells the person something in the line at the bottom; `tone` colours it. */
export function tellStatus(text: string, tone: 'quiet' | 'good' | 'bad' = 'quiet'): void {
  const status = byId('status')
  status.textContent = text
  status.className = `status ${tone}`
}
