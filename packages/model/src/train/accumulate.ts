import type { Arrays } from './arrays.ts'

/** Adds a share of `more` to `sum` in place; without a sum yet, `more` itself is scaled and becomes it. */
export function accumulate(sum: Arrays | undefined, more: Arrays, share: number): Arrays {
  for (const [name, gradient] of more) {
    const total = sum?.get(name)
    if (!total) for (let i = 0; i < gradient.length; i++) gradient[i] *= share
    else for (let i = 0; i < gradient.length; i++) total[i] += share * gradient[i]
  }
  return sum ?? more
}
