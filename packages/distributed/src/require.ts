import { DistributedError } from './errors.ts'

/** Demands a whole number within bounds. */
export function requireWhole(
  name: string,
  got: number,
  { least, most = Number.MAX_SAFE_INTEGER }: { readonly least: number; readonly most?: number },
): void {
  if (Number.isSafeInteger(got) && got >= least && got <= most) return
  const wanted =
    most === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${least}`
      : `a whole number from ${least} to ${most}`
  throw new DistributedError('BAD_ARGUMENT', `${name} is ${got}, wanted ${wanted}`)
}

/** Demands a finite number above zero. */
export function requirePositive(name: string, got: number): void {
  if (Number.isFinite(got) && got > 0) return
  throw new DistributedError('BAD_ARGUMENT', `${name} is ${got}, wanted a number above 0`)
}
