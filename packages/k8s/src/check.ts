import { K8sError } from './errors.ts'

function refuse(option: string, got: unknown, wanted: string): never {
  const shown = JSON.stringify(got) ?? String(got)
  throw new K8sError('BAD_OPTION', `${option}: got ${shown.slice(0, 80)}, wanted ${wanted}`)
}

function checkText(option: string, value: unknown, like: RegExp, wanted: string): void {
  if (typeof value !== 'string' || !like.test(value)) refuse(option, value, wanted)
}

/** A DNS-1123 label, so short that pods named after it (`-node-0-1023-abcde`) stay within 63 characters. */
export function checkName(option: string, value: unknown): void {
  const wanted = 'a DNS label: a-z, 0-9 and -, a letter first, a letter or digit last, at most 40'
  checkText(option, value, /^(?=.{1,40}$)[a-z]([a-z0-9-]*[a-z0-9])?$/, wanted)
}

/** A name that stands already: of a claim, a secret, a storage class. */
export function checkReference(option: string, value: unknown): void {
  const wanted = 'a DNS name: a-z, 0-9, - and ., a letter or digit at both ends, at most 253'
  const label = '[a-z0-9]([a-z0-9-]*[a-z0-9])?'
  checkText(option, value, new RegExp(`^(?=.{1,253}$)${label}(\\.${label})*$`), wanted)
}

/** A namespace, or another DNS-1123 label. */
export function checkLabel(option: string, value: unknown): void {
  const wanted = 'a DNS label: a-z, 0-9 and -, a letter or digit at both ends, at most 63'
  checkText(option, value, /^(?=.{1,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, wanted)
}

/** An image: `[registry[:port]/]path[:tag][@sha256:digest]`, after the reference grammar of distribution/reference. */
export function checkImage(option: string, value: unknown): void {
  const part = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
  const host = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\\.[a-zA-Z0-9-]+)*(?::\\d+)?'
  const like = `^(?:${host}/)?${part}(?:/${part})*(?::\\w[\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`
  checkText(option, value, new RegExp(like), 'an image such as ghcr.io/owner/nebulift:1.2.0')
}

/** Memory or storage, such as `2Gi`. */
export function checkBytes(option: string, value: unknown): void {
  const wanted = 'a quantity above zero such as 2Gi'
  checkText(option, value, /^(?=.*[1-9])\d+(\.\d+)?([kMGTPE]|[KMGTPE]i)?$/, wanted)
}

/** Processors, such as `2`, `0.5` or `500m`. */
export function checkCpu(option: string, value: unknown): void {
  const wanted = 'processors above zero such as 2, 0.5 or 500m'
  checkText(option, value, /^(?=.*[1-9])(\d+(\.\d{1,3})?|\d+m)$/, wanted)
}

/** A whole number within bounds. */
export function checkCount(
  option: string,
  value: unknown,
  bounds: readonly [number, number],
): void {
  const [least, most] = bounds
  const good = Number.isInteger(value) && (value as number) >= least && (value as number) <= most
  if (!good) refuse(option, value, `a whole number from ${least} to ${most}`)
}

/** One of a few words. */
export function checkChoice(option: string, value: unknown, choices: readonly string[]): void {
  if (!choices.includes(value as string)) refuse(option, value, choices.join(' or '))
}

/** A list of texts, such as the arguments of a command. */
export function checkTexts(option: string, value: unknown): void {
  const good = Array.isArray(value) && value.every((text) => typeof text === 'string')
  if (!good) refuse(option, value, 'a list of texts')
}

/** Texts by name, whose names fit `like`. */
export function checkTextsByName(option: string, value: unknown, like: RegExp): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(option, value, 'texts by name')
  for (const [name, text] of Object.entries(value)) {
    if (!like.test(name)) refuse(`${option}: the name`, name, `one like ${like.source}`)
    if (typeof text !== 'string') refuse(`${option}.${name}`, text, 'a text')
  }
}

/** An address or a name of a host. */
export function checkHost(option: string, value: unknown): void {
  checkText(option, value, /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/, 'a host')
}

/** A path from the root. */
export function checkPath(option: string, value: unknown): void {
  checkText(option, value, /^\/[^\0\n]*$/, 'an absolute path')
}

/** A range of IPv4 or IPv6 addresses, such as `10.0.0.0/8`. */
export function checkRange(option: string, value: unknown): void {
  const octet = '(25[0-5]|2[0-4]\\d|1?\\d?\\d)'
  const v4 = `${octet}(\\.${octet}){3}/(3[0-2]|[12]?\\d)`
  const v6 = '[0-9a-fA-F:]*:[0-9a-fA-F:]*/(12[0-8]|1[01]\\d|[1-9]?\\d)'
  checkText(option, value, new RegExp(`^(${v4}|${v6})$`), 'a range of addresses such as 10.0.0.0/8')
}

/** Refuses options nobody asked for: most of them are misspelt. */
export function checkKnown(option: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(option, value, 'an object')
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) refuse(`${option}: the option`, key, `one of ${known.join(', ')}`)
  }
}

/** Refuses what does not go together. */
export function checkThat(good: boolean, message: string): void {
  if (!good) throw new K8sError('BAD_OPTION', message)
}
