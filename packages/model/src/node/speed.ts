/** Examples per second, over the last few steps. */
export class Speed {
  last = 0
  #before = performance.now()

  count(examples: number): number {
    const now = performance.now()
    const speed = (1000 * examples) / Math.max(1e-3, now - this.#before)
    this.#before = now
    this.last = this.last === 0 ? speed : 0.9 * this.last + 0.1 * speed
    return this.last
  }
}
