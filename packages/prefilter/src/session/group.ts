/** Indices of items by key, in order of first appearance. */
export function groupBy<Item>(
  items: readonly Item[],
  key: (item: Item) => string,
): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>()
  items.forEach((item, index) => {
    const group = groups.get(key(item))
    if (group) group.push(index)
    else groups.set(key(item), [index])
  })
  return [...groups.values()]
}
