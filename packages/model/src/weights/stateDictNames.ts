import { ModelError } from '../errors.ts'
import { shortened } from './shortened.ts'
import { TensorReference } from './torchPickle.ts'

/** Names under which training scripts keep the weights, beside an optimiser's state. */
const wrappers = ['state_dict', 'model_state_dict', 'model']
const maxDepth = 64
const maxVisits = 1_000_000
const maxCharacters = 2 ** 26

/**
 * The tensors of an unpickled value by name, unwrapped as `decodeStateDict` says.
 * @throws ModelError `BAD_FILE` where it is no dictionary, two tensors get one name, or there are more
 * than 64 levels, a million values or 64 million characters of names: dictionaries in a pickle can
 * hold themselves, or each other twice over, so that a small file spells a huge tree
 */
export function namedTensors(root: unknown): Map<string, TensorReference> {
  if (!(root instanceof Map)) throw bad('got no dictionary at the top, wanted one of tensors')
  const named = new Map<string, TensorReference>()
  let visits = 0
  let characters = 0
  const visit = (value: unknown, name: string, depth: number): void => {
    if (depth > maxDepth) throw bad(`got more than ${maxDepth} levels`)
    if (++visits > maxVisits) throw bad(`got more than ${maxVisits} values`)
    if (value instanceof TensorReference) {
      characters += name.length
      if (characters > maxCharacters)
        throw bad(`got names of more than ${maxCharacters} characters`)
      if (named.has(name)) throw bad(`got two tensors named '${shortened(name)}'`)
      named.set(name, value)
    } else if (value instanceof Map || Array.isArray(value)) {
      for (const [key, each] of value.entries()) {
        visit(each, depth === 0 ? textOf(key) : `${name}.${textOf(key)}`, depth + 1)
      }
    }
  }
  visit(unwrapped(root), '', 0)
  return named
}

function unwrapped(root: Map<unknown, unknown>): Map<unknown, unknown> {
  if ([...root.values()].some((value) => value instanceof TensorReference)) return root
  const wrapper = wrappers.find((name) => root.get(name) instanceof Map)
  return wrapper === undefined ? root : (root.get(wrapper) as Map<unknown, unknown>)
}

function textOf(key: unknown): string {
  if (typeof key === 'string' || typeof key === 'number') return `${key}`
  throw bad('got a key that is neither a text nor a number')
}

function bad(what: string): ModelError {
  return new ModelError('BAD_FILE', `state dict: ${what}`)
}
