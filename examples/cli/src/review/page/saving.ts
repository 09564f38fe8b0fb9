/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import type { PageFrame } from '../../report/page/model.ts'
import type { Said } from './choices.ts'
import { type Outcome, sayOf } from './talk.ts'

/** Sends what the person says, one word after the other, while the page goes on. */
export interface Saver {
  /** Shows the word on the frame at once and sends it; `null` takes the person's word back. */
  readonly say: (frame: PageFrame, said: Said | null) => void
  /** Forgets which state the server's frames were in: they are read anew. */
  readonly learn: (frames: readonly PageFrame[]) => void
}

/** Where results go. */
export interface SaverEvents {
  /** A frame is to be shown otherwise. */
  readonly onFrame: (frame: PageFrame) => void
  /** `open`: words still on their way. */
  readonly onOutcome: (file: string, outcome: Outcome, open: number) => void
}

/** Makes the saver. */
export function createSaver({ onFrame, onOutcome }: SaverEvents): Saver {
  /** Each frame as the server last told it; what is shown may be ahead of it. */
  const told = new Map<string, PageFrame>()
  const waiting = new Map<string, number>()
  let open = 0
  let last = Promise.resolve()
  const send = async (shown: PageFrame, said: Said | null) => {
    const { file } = shown
    const before = told.get(file) ?? shown
    const outcome = await sayOf(file, before.assessment.corrected?.at ?? null, said)
    const { sorted, ...news } = outcome.frame ?? { sorted: null }
    const { sorted: _, ...rest } = before
    const now = outcome.frame ? { ...rest, ...news, ...(sorted && { sorted }) } : before
    told.set(file, now)
    const left = (waiting.get(file) ?? 1) - 1
    waiting.set(file, left)
    open--
    if (left === 0 || outcome.result !== 'saved') onFrame(now)
    onOutcome(file, outcome, open)
  }
  return {
    learn: (frames) => {
      told.clear()
      for (const frame of frames) told.set(frame.file, frame)
    },
    say: (frame, said) => {
      waiting.set(frame.file, (waiting.get(frame.file) ?? 0) + 1)
      open++
      onFrame(foresee(frame, said))
      last = last.then(() => send(frame, said))
    },
  }
}

/** The frame as it will be once the word is saved. */
function foresee(frame: PageFrame, said: Said | null): PageFrame {
  const { corrected, ...assessment } = frame.assessment
  const was = corrected?.was ?? { verdict: assessment.verdict, action: assessment.action }
  if (said === null) return { ...frame, assessment: { ...assessment, ...was } }
  const { verdict, action } = said
  const word = { ...said, by: 'person', at: '', was } as const
  return { ...frame, assessment: { ...assessment, verdict, action, corrected: word } }
}
