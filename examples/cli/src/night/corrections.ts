import { appendLine, readLines } from '../files/lines.ts'
import { type PersonsWord, parseWord } from '../output/correction.ts'
import type { Manifest } from '../output/manifest.ts'
import type { Layout } from './layout.ts'

/** What a person said of a file, and of which content of it. */
export interface CorrectionNote {
  readonly file: string
  /** Absent where the content was not known. */
  readonly sha256?: string
  /** ISO 8601, UTC. */
  readonly at: string
  /** `null`: the person took the word back. */
  readonly word: PersonsWord | null
}

/**
 * Notes a correction and waits until the note is on the disk. The manifest tells only of frames that the last batch
 * found; the notes also keep the word on those that a later batch finds again.
 */
export async function noteCorrection(layout: Layout, note: CorrectionNote): Promise<void> {
  await appendLine(layout.corrections, note)
}

/** Finds a person's word on a frame. */
export type FindWord = (frame: {
  readonly file: string
  readonly sha256: string
}) => PersonsWord | undefined

/** All that a person has said, from the notes and from the last manifest, which may have been edited by hand. */
export async function readCorrections(
  layout: Layout,
  earlier: Manifest | undefined,
): Promise<FindWord> {
  const noted = (await readLines(layout.corrections)).flatMap((line) => parseNote(line) ?? [])
  const written = (earlier?.frames ?? []).flatMap(({ file, corrected }): CorrectionNote[] => {
    const word = parseWord(corrected)
    return word ? [{ file, at: word.at, word }] : []
  })
  const byFile = new Map<string, CorrectionNote>()
  const byContent = new Map<string, CorrectionNote>()
  for (const note of [...noted, ...written].sort(byMoment)) {
    const known = byFile.get(note.file)
    // The manifest does not tell of which content it speaks, the note of the same word does.
    const { sha256 = known?.at === note.at ? known.sha256 : undefined } = note
    byFile.set(note.file, { ...note, ...(sha256 !== undefined && { sha256 }) })
    if (sha256 !== undefined) byContent.set(sha256, note)
  }
  return ({ file, sha256 }) => {
    const named = byFile.get(file)
    const isSame = named && (named.sha256 === undefined || named.sha256 === sha256)
    return (isSame ? named : byContent.get(sha256))?.word ?? undefined
  }
}

const byMoment = (a: CorrectionNote, b: CorrectionNote) => Date.parse(a.at) - Date.parse(b.at)

function parseNote(line: Record<string, unknown>): CorrectionNote | undefined {
  const { file, sha256, at, word } = line
  if (typeof file !== 'string' || typeof at !== 'string') return undefined
  const parsed = word === null ? null : parseWord(word)
  if (parsed === undefined) return undefined
  return { file, at, word: parsed, ...(typeof sha256 === 'string' && { sha256 }) }
}
