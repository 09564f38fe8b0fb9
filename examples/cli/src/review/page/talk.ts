/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import type { PageFrame, PageNight } from '../../report/page/model.ts'
import type { Said } from './choices.ts'

/** What the server says of a frame after a correction. */
export interface Told extends Pick<PageFrame, 'file' | 'assessment' | 'reasons'> {
  readonly sorted: string | null
}

/** What became of a correction; `error` is one line. */
export interface Outcome {
  readonly result: 'saved' | 'stale' | 'failed'
  readonly frame?: Told
  readonly note?: string
  readonly error?: string
}

/** A night and the name of its present state; without the night where the page has it already. */
export interface NightAnswer {
  readonly revision: string
  readonly night?: PageNight
}

/** The server has ended, or does not know the page. */
export class TalkError extends Error {}

const ended = 'Nebulift does not answer: start nebulift review again and open its new address.'

/** Asks the server; the token of the address goes along with every request. */
async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { 'x-nebulift-token': location.hash.slice(1), ...init.headers }
  const response = await fetch(path, { ...init, headers }).catch(() => undefined)
  if (response === undefined) throw new TalkError(ended)
  if (response.status === 401) {
    throw new TalkError('Open the whole address that nebulift review printed, with all after #.')
  }
  return response
}

async function errorOf(response: Response): Promise<string> {
  const { error } = await response.json().catch(() => ({ error: `status ${response.status}` }))
  return String(error)
}

/** The night as it is on the disk now; `known` names the state that the page has. */
export async function askNight(known: string): Promise<NightAnswer> {
  const response = await ask(`/night?known=${encodeURIComponent(known)}`)
  if (!response.ok) throw new TalkError(await errorOf(response))
  return response.json()
}

/** A frame's picture. */
export async function askPicture(file: string): Promise<Blob | undefined> {
  const response = await ask(`/picture?file=${encodeURIComponent(file)}`)
  return response.ok ? response.blob() : undefined
}

/** Says a person's word on a frame, or takes it back (`null`). */
export async function sayOf(
  file: string,
  seen: string | null,
  decision: Said | null,
): Promise<Outcome> {
  try {
    const response = await ask('/correct', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ file, seen, decision }),
    })
    if (response.ok || response.status === 409) return await response.json()
    return { result: 'failed', error: await errorOf(response) }
  } catch (error) {
    return { result: 'failed', error: error instanceof Error ? error.message : String(error) }
  }
}
