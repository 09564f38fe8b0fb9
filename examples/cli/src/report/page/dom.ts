/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */

import type { Zone } from './format.ts'
import type { Markup } from './markup.ts'
import { type Choice, chooseFrames, everything, type PageFrame, type PageNight } from './model.ts'

/** Everything that can change while the page is open. */
export interface PageState {
  readonly choice: Choice
  readonly zone: Zone
  /** Curves over time, or over the frames' order where times are missing. */
  readonly byTime: boolean
}

/** The open page: its data, its state, and who wants to hear of changes. */
export interface Page {
  readonly night: PageNight
  readonly state: () => PageState
  readonly change: (part: Partial<PageState>) => void
  readonly choose: (part: Partial<Choice>) => void
  readonly onChange: (listener: () => void) => void
  /** The chosen frames in the chosen order. */
  readonly chosen: () => readonly PageFrame[]
}

/** An element that the page always has. */
export function byId<T extends Element = HTMLElement>(id: string): T {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`internal: the page has no element ${id}`)
  return element as unknown as T
}

/** Replaces what an element holds by markup, in which everything has been escaped. */
export function show(element: Element, content: Markup): void {
  element.innerHTML = content.markup
}

/** Address of a frame's stored picture, or undefined where none was stored. */
export function previewUrl(id: number): string | undefined {
  const stored = document.getElementById(`preview-${id}`)?.textContent
  return stored ? `data:image/webp;base64,${stored}` : undefined
}

/** The element with a data attribute in which an event happened, if any. */
export function originOf(event: Event, attribute: string): HTMLElement | undefined {
  const target = event.target
  const found = target instanceof Element ? target.closest(`[data-${attribute}]`) : null
  return (found as HTMLElement | null) ?? undefined
}

/** Opens a page's data with the usual choices. */
export function createPage(night: PageNight): Page {
  let state: PageState = {
    choice: everything,
    zone: 'utc',
    byTime: night.frames.some((frame) => frame.timeMs !== undefined),
  }
  let chosen = night.frames
  const listeners: (() => void)[] = []
  const change = (part: Partial<PageState>) => {
    state = { ...state, ...part }
    if (part.choice !== undefined) chosen = chooseFrames(night.frames, part.choice)
    for (const listener of listeners) listener()
  }
  return {
    night,
    change,
    state: () => state,
    chosen: () => chosen,
    choose: (part) => change({ choice: { ...state.choice, ...part } }),
    onChange: (listener) => void listeners.push(listener),
  }
}
