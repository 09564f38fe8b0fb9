/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import { byId } from '../../report/page/dom.ts'
import type { PageFrame, PageNight } from '../../report/page/model.ts'
import { createStage, type Stage } from '../../report/page/stage.ts'
import { listFrames, progressText, type Said, sessionNeighbour } from './choices.ts'
import { tellPanel, tellStatus } from './panel.ts'
import { createPictures } from './pictures.ts'
import { createSaver } from './saving.ts'
import { createStrip } from './strip.ts'
import { askNight, type Outcome } from './talk.ts'

/** The place where one frame after the other is looked at. */
export interface Desk {
  readonly stage: Stage
  readonly current: () => PageFrame | undefined
  readonly step: (by: number) => void
  /** Changes which frames are gone through. */
  readonly choose: (filterId: string) => void
  readonly say: (said: Said, go: 'on' | 'stay') => void
  readonly undo: () => void
  readonly blink: () => void
  /** Reads the night anew where it has changed on the disk. */
  readonly refresh: () => Promise<void>
}

interface Undoable {
  readonly file: string
  readonly before: Said | null
}

/** Pictures fetched ahead, in the direction in which people go. */
const ahead = [1, 2, 3, -1]

/** Sets the desk up with an empty night; `refresh` fills it. */
export function createDesk(): Desk {
  let night: PageNight = { sessions: [], frames: [] }
  let revision = ''
  let filterId = sessionStorage.getItem('filter') ?? ''
  let list: readonly number[] = []
  let at = 0
  let blinking = false
  const done: Undoable[] = []
  const pictures = createPictures()
  const stage = createStage({ pictureUrl: pictures.urlOf, clickZooms: true })
  const strip = createStrip(pictures, (place) => goTo(place))
  const current = () => night.frames[list[at] ?? -1]
  const saver = createSaver({
    onFrame: (frame) => {
      night = { ...night, frames: night.frames.with(frame.id, frame) }
      tell()
    },
    onOutcome: (file, outcome, open) => tellOutcome(file, outcome, open),
  })

  const tell = () => {
    strip.put(night.frames, list, at)
    byId('nothing').hidden = list.length > 0
    byId('progress').textContent =
      list.length > 0 ? progressText(night.frames, { at, count: list.length }) : 'nothing to show'
    const meter = byId<HTMLProgressElement>('meter')
    meter.max = night.frames.length
    meter.value = night.frames.filter(({ assessment }) => assessment.corrected).length
    const frame = current()
    if (frame) tellPanel(night, frame)
  }

  const putPicture = (frame: PageFrame) => {
    stage.put(frame)
    byId('stage').classList.toggle('waiting', pictures.urlOf(frame.id) === undefined)
    if (pictures.urlOf(frame.id) !== undefined) return
    const wanted = () => (blinking ? neighbour() : current())
    void pictures.load(frame).then(() => {
      if (wanted()?.file !== frame.file) return
      byId('stage').classList.remove('waiting')
      stage.put(frame)
    })
  }

  const neighbour = () => {
    const frame = current()
    return frame && sessionNeighbour(night.frames, frame)
  }

  const setBlinking = (on: boolean) => {
    blinking = on
    byId('blinking').hidden = !on
    byId('blink').setAttribute('aria-pressed', String(on))
  }

  const goTo = (place: number) => {
    at = Math.min(Math.max(0, place), Math.max(0, list.length - 1))
    setBlinking(false)
    const frame = current()
    byId('desk').classList.toggle('vacant', frame === undefined)
    tell()
    if (!frame) return
    sessionStorage.setItem('file', frame.file)
    putPicture(frame)
    for (const by of ahead) {
      const next = night.frames[list[at + by] ?? -1]
      if (next) void pictures.load(next)
    }
  }

  const goToFile = (file: string) => {
    const place = list.findIndex((id) => night.frames[id]?.file === file)
    if (place >= 0) goTo(place)
  }

  const choose = (wanted: string) => {
    filterId = wanted
    sessionStorage.setItem('filter', wanted)
    const file = current()?.file
    list = listFrames(night.frames, filterId || 'first')
    goTo(
      Math.max(
        0,
        list.findIndex((id) => night.frames[id]?.file === file),
      ),
    )
  }

  const tellOutcome = (file: string, outcome: Outcome, open: number) => {
    if (outcome.result === 'saved') {
      if (outcome.note !== undefined)
        return tellStatus(`${file}: saved, but ${outcome.note}`, 'bad')
      return tellStatus(
        open > 0 ? `saving ${open} …` : `saved ${file}`,
        open > 0 ? 'quiet' : 'good',
      )
    }
    goToFile(file)
    const why = outcome.error ?? 'it was changed elsewhere meanwhile; this is how it is now'
    tellStatus(`${file}: not saved: ${why}`, 'bad')
  }

  return {
    stage,
    current,
    choose,
    step: (by) => goTo(at + by),
    say: (said, go) => {
      const frame = current()
      if (!frame) return
      const { corrected } = frame.assessment
      done.push({ file: frame.file, before: corrected ? wordsOf(corrected) : null })
      tellStatus('saving …')
      saver.say(frame, said)
      if (go === 'on' && at + 1 < list.length) goTo(at + 1)
      else setBlinking(false)
    },
    undo: () => {
      const last = done.pop()
      const file = last?.file ?? current()?.file
      const frame = night.frames.find((one) => one.file === file)
      if (!frame || (!last && !frame.assessment.corrected)) return tellStatus('nothing to undo')
      saver.say(frame, last?.before ?? null)
      if (!list.includes(frame.id)) list = [...list, frame.id]
      goToFile(frame.file)
      tellStatus('taking back …')
    },
    blink: () => {
      const other = neighbour()
      const frame = current()
      if (!frame || !other) return tellStatus('this session has no other frame to compare with')
      setBlinking(!blinking)
      byId('blinking').textContent = `Session’s neighbour: ${other.file}`
      putPicture(blinking ? other : frame)
    },
    refresh: async () => {
      const answer = await askNight(revision)
      revision = answer.revision
      if (!answer.night) return
      const file = current()?.file ?? sessionStorage.getItem('file')
      const isSame =
        answer.night.frames.length === night.frames.length &&
        answer.night.frames.every((frame, id) => frame.file === night.frames[id]?.file)
      night = answer.night
      saver.learn(night.frames)
      if (!isSame) {
        pictures.clear()
        strip.clear()
        list = listFrames(night.frames, filterId || 'first')
        goTo(
          Math.max(
            0,
            list.findIndex((id) => night.frames[id]?.file === file),
          ),
        )
      } else tell()
    },
  }
}

const wordsOf = ({ verdict, action, causes }: Said): Said => ({
  ...{ verdict, action },
  ...(causes && { causes }),
})
