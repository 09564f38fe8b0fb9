import { basename } from 'node:path'
import type { Preview } from '../picture/index.ts'
import type { ReportFrame, ReportNight } from '../report/index.ts'
import type { Manifest, ManifestFrame } from './manifest.ts'

/** Hands a manifest and the pictures of its frames over to the report. */
export function reportNight(
  manifest: Manifest,
  previews: ReadonlyMap<string, Preview>,
): ReportNight {
  return {
    title: basename(manifest.input),
    createdMs: Date.parse(manifest.created),
    input: manifest.input,
    producer: `nebulift ${manifest.version}`,
    sessions: manifest.sessions.map(({ key, label }) => ({ key, label })),
    frames: manifest.frames.map((frame) => reportFrame(frame, previews.get(frame.file))),
    failed: manifest.failed,
  }
}

function reportFrame(frame: ManifestFrame, preview: Preview | undefined): ReportFrame {
  const { file, width, height, sessionKey, timeMs, exposureS, sorted, mask } = frame
  return {
    file,
    width,
    height,
    assessment: frame,
    sessionKey,
    ...(timeMs !== undefined && { timeMs }),
    ...(exposureS !== undefined && { exposureS }),
    ...(sorted !== null && { sorted }),
    ...(mask !== null && { mask }),
    ...(preview && {
      preview: { data: preview.bytes, width: preview.width, height: preview.height },
    }),
  }
}
