import type { JudgedFile } from '../frame/judgeFile.ts'

/** What happens during a batch, for whoever shows or logs it. The engine itself writes nothing. */
export type BatchEvent =
  /** All files are known; `open` of them have to be measured. */
  | { readonly type: 'found'; readonly files: number; readonly open: number; readonly jobs: number }
  | {
      readonly type: 'measured'
      readonly file: string
      readonly judged: JudgedFile
      /** It was measured in an earlier run. */
      readonly cached: boolean
    }
  /** A file could not be read, judged or sorted; `error` is one line. */
  | { readonly type: 'failed'; readonly file: string; readonly error: string }
  /** Something the user should know that is no failure. */
  | { readonly type: 'note'; readonly message: string }

export type OnBatchEvent = (event: BatchEvent) => void
