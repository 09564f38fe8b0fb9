import { readFileSync } from 'node:fs'

/** The published version of `nebulift`. */
export const version: string = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).version
