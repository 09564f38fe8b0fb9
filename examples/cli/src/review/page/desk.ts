/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import { byId } from '../../report/page/dom.ts'
import type { PageFrame } from '../../report/page/model.ts'
import { createStage, type Stage } from '../../report/page/stage.ts'
import { progressText, type Said } from './choices.ts'
import { createDeck, type Deck } from './deck.ts'
import { tellPanel, tellStatus } from './panel.ts'
import { createPictures, type Pictures } from './pictures.ts'
import { createSaver, type Saver } from './saving.ts'
import { createStrip, type Strip } from './strip.ts'
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

interface Parts {
  readonly deck: Deck
  readonly stage: Stage
  readonly pictures: Pictures
  readonly strip: Strip
  readonly saver: Saver
  /** Words that can be taken back, the last one last. */
  readonly done: Undoable[]
  /** The frame on the stage: the current one or, while blinking, its neighbour. */
  shown: PageFrame | undefined
  revision: string
}

/** Sets the desk up with an empty night; `refresh` fills it. */
export function createDesk(): Desk {
  const deck = createDeck()
  const pictures = createPictures()
  const goTo = (place: number) => {
    deck.goTo(place)
    lookAtCurrent(parts)
  }
  const parts: Parts = {
    deck,
    pictures,
    stage: createStage({ pictureUrl: pictures.urlOf, clickZooms: true }),
    strip: createStrip(pictures, goTo),
    saver: createSaver({
      onFrame: (frame) => {
        deck.replace(frame)
        tellDesk(parts)
      },
      onOutcome: (file, outcome, open) => tellOutcome(parts, { file, outcome, open }),
    }),
    done: [],
    shown: undefined,
    revision: '',
  }
  return {
    stage: parts.stage,
    current: deck.current,
    step: (by) => goTo(deck.at() + by),
    choose: (filterId) => {
      deck.choose(filterId)
      lookAtCurrent(parts)
    },
    say: (said, go) => sayOnDesk(parts, said, go),
    undo: () => undoOnDesk(parts),
    blink: () => blinkOnDesk(parts),
    refresh: () => refreshDesk(parts),
  }
}

/** Everything but the picture. */
function tellDesk({ deck, strip }: Parts): void {
  const night = deck.night()
  const [list, at, frame] = [deck.list(), deck.at(), deck.current()]
  strip.put(night.frames, list, at)
  byId('desk').classList.toggle('vacant', frame === undefined)
  byId('nothing').hidden = frame !== undefined
  byId('progress').textContent = frame
    ? progressText(night.frames, { at, count: list.length })
    : 'nothing to show'
  const meter = byId<HTMLProgressElement>('meter')
  meter.max = Math.max(1, night.frames.length)
  meter.value = night.frames.filter(({ assessment }) => assessment.corrected).length
  if (frame) tellPanel(night, frame)
}

/** Pictures fetched ahead, in the direction in which people go. */
const ahead = [1, 2, 3, -1]

function lookAtCurrent(parts: Parts): void {
  const { deck, pictures } = parts
  tellDesk(parts)
  putOnStage(parts, deck.current())
  for (const by of ahead) {
    const next = deck.further(by)
    if (next) void pictures.load(next)
  }
}

/** Puts a picture on the stage, at once or as soon as it is there. */
function putOnStage(parts: Parts, frame: PageFrame | undefined): void {
  const { deck, stage, pictures } = parts
  parts.shown = frame
  const isNeighbour = frame?.file !== deck.current()?.file
  byId('blinking').hidden = !isNeighbour
  byId('blinking').textContent = isNeighbour ? `Session’s neighbour: ${frame?.file}` : ''
  byId('blink').setAttribute('aria-pressed', String(isNeighbour))
  if (!frame) return
  stage.put(frame)
  const isMissing = pictures.urlOf(frame.id) === undefined
  byId('stage').classList.toggle('waiting', isMissing)
  if (!isMissing) return
  void pictures.load(frame).then(() => {
    if (parts.shown !== frame) return
    byId('stage').classList.remove('waiting')
    stage.put(frame)
  })
}

function blinkOnDesk(parts: Parts): void {
  const { deck, shown } = parts
  const [frame, neighbour] = [deck.current(), deck.neighbour()]
  if (!frame) return
  if (neighbour) putOnStage(parts, shown?.file === frame.file ? neighbour : frame)
  else tellStatus('this session has no other frame to compare with')
}

function sayOnDesk(parts: Parts, said: Said, go: 'on' | 'stay'): void {
  const { deck, saver, done } = parts
  const frame = deck.current()
  if (!frame) return
  const { corrected } = frame.assessment
  done.push({ file: frame.file, before: corrected ? wordsOf(corrected) : null })
  tellStatus('saving …')
  saver.say(frame, said)
  if (go === 'stay' || deck.at() + 1 === deck.list().length) return
  deck.goTo(deck.at() + 1)
  lookAtCurrent(parts)
}

const wordsOf = ({ verdict, action, causes }: Said): Said => ({
  ...{ verdict, action },
  ...(causes && { causes }),
})

/** Takes the last word back; after a reload, that on the current frame. */
function undoOnDesk(parts: Parts): void {
  const { deck, saver, done } = parts
  const last = done.pop()
  const frame = last ? deck.find(last.file) : deck.current()
  if (!frame || (!last && !frame.assessment.corrected)) {
    tellStatus('nothing to undo')
    return
  }
  deck.goToFile(frame.file)
  tellStatus('taking back …')
  saver.say(frame, last?.before ?? null)
  lookAtCurrent(parts)
}

interface Report {
  readonly file: string
  readonly outcome: Outcome
  /** Words still on their way. */
  readonly open: number
}

function tellOutcome(parts: Parts, { file, outcome, open }: Report): void {
  const { result, note, error } = outcome
  if (result === 'saved') {
    if (note !== undefined) tellStatus(`${file}: saved, but ${note}`, 'bad')
    else if (open > 0) tellStatus(`saving ${open} …`)
    else tellStatus(`saved ${file}`, 'good')
    return
  }
  // What was not saved cannot be taken back.
  const at = parts.done.findLastIndex((one) => one.file === file)
  if (at >= 0) parts.done.splice(at, 1)
  parts.deck.goToFile(file)
  lookAtCurrent(parts)
  const why = error ?? 'it was changed elsewhere meanwhile; this is how it is now'
  tellStatus(`${file}: not saved: ${why}`, 'bad')
}

async function refreshDesk(parts: Parts): Promise<void> {
  const { deck, saver, pictures, strip } = parts
  const { revision, night } = await askNight(parts.revision)
  parts.revision = revision
  if (!night) return
  saver.learn(night.frames)
  if (deck.take(night)) tellDesk(parts)
  else {
    pictures.clear()
    strip.clear()
    lookAtCurrent(parts)
  }
}
