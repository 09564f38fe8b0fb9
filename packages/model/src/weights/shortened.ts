const maxLength = 80

/** A file's own words for an error message: one line of at most 80 characters, no control characters. */
export function shortened(text: string): string {
  const short = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text
  return short.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '?')
}
