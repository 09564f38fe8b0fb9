import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TlsOptions } from '../../../src/node/ring/links.ts'

/** A certificate that an authority of its own has signed, made by openssl in `folder`. */
export function certificate(folder: string, name: string): TlsOptions {
  const path = (kind: string) => join(folder, `${name}.${kind}`)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    ...['req', '-x509', ...key, '-keyout', path('ca.key'), '-out', path('ca')],
    ...['-subj', `/CN=${name} authority`, '-days', '2'],
  )
  openssl(
    ...['req', '-x509', ...key, '-keyout', path('key'), '-out', path('cert')],
    ...['-CA', path('ca'), '-CAkey', path('ca.key'), '-subj', `/CN=${name}`, '-days', '2'],
    ...['-addext', 'basicConstraints=critical,CA:FALSE'],
  )
  const [keyText, cert, ca] = ['key', 'cert', 'ca'].map((kind) => readFileSync(path(kind), 'utf8'))
  return { key: keyText!, cert: cert!, ca: ca! }
}
