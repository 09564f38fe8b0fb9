/**
 * Gives every frame a name of its own (in any case of letters), since frames of different folders meet in
 * one. The first of equals keeps the name, others get a number before the ending; earlier names stay.
 */
export function uniqueNames(
  files: readonly string[],
  wantedName: (file: string) => string,
  earlier: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const names = new Map<string, string>()
  const used = new Set<string>()
  const take = (file: string, name: string) => {
    names.set(file, name)
    used.add(name.toLowerCase())
  }
  for (const [file, name] of earlier) take(file, name)
  for (const file of files) {
    if (names.has(file)) continue
    const name = wantedName(file)
    const { stem, ending } = splitName(name)
    let free = name
    for (let n = 2; used.has(free.toLowerCase()); n++) free = `${stem}-${n}${ending}`
    take(file, free)
  }
  return names
}

/** `a/b/light.fits.gz` → `light.fits.gz`. */
export const baseName = (file: string): string => file.slice(file.lastIndexOf('/') + 1)

/** `light.fits.gz` → `light` and `.fits.gz`. */
export function splitName(name: string): { stem: string; ending: string } {
  const ending = /(\.mask)?\.(fits?|fts)(\.gz|\.fz)?$/i.exec(name)?.[0] ?? ''
  return { stem: name.slice(0, name.length - ending.length), ending }
}

/** The name of a frame's trail mask: `light.fits.gz` → `light.mask.fits`. */
export const maskName = (file: string): string => `${splitName(baseName(file)).stem}.mask.fits`
