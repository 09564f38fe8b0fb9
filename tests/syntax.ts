import { parseAst } from 'vitest/node'
import { read } from './repository.ts'

// The parser that Vitest itself reads TypeScript with: it gives an ESTree with positions.
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

export interface Import {
  readonly specifier: string
  /** `import type`, or every imported name marked so: gone at run time. */
  readonly typeOnly: boolean
  /** `import()`. */
  readonly lazy: boolean
}

export interface FunctionSize {
  readonly name: string
  readonly line: number
  readonly lines: number
  readonly parameters: number
  /** Given to another function on the spot: its parameters are not its author's choice. */
  readonly callback: boolean
}

export interface Syntax {
  readonly text: string
  readonly lines: number
  readonly imports: readonly Import[]
  readonly functions: readonly FunctionSize[]
  /** Top-level statements. */
  readonly statements: readonly Node[]
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

function visit(node: Node, parents: readonly Node[], see: (n: Node, p: readonly Node[]) => void) {
  see(node, parents)
  const below = [...parents, node]
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) visit(child, below, see)
    }
  }
}

export interface ExportedName {
  readonly name: string
  /** What it is called in the file it comes from. */
  readonly local: string
  readonly source: string
  readonly typeOnly: boolean
}

/** Every `export { … } from '…'` of a file, name by name. */
export function exportedNames(path: string): ExportedName[] {
  return syntaxOf(path).statements.flatMap((statement) => {
    const source = statement.source
    if (!isNode(source) || statement.type !== 'ExportNamedDeclaration') return []
    return (statement.specifiers as readonly Node[]).map((specifier) => ({
      name: String((specifier.exported as Node).name),
      local: String((specifier.local as Node).name),
      source: String(source.value),
      typeOnly: statement.exportKind === 'type' || specifier.exportKind === 'type',
    }))
  })
}

const functionTypes = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
])

function nameOf(node: Node, parent: Node | undefined): string {
  const owner = isNode(node.id) ? node : parent
  const id = owner && [owner.id, owner.key, owner.left].find(isNode)
  return typeof id?.name === 'string' ? id.name : '(anonymous)'
}

function importOf(node: Node): Import | undefined {
  const source = node.source
  if (!isNode(source) || typeof source.value !== 'string') return undefined
  const specifiers = (node.specifiers ?? []) as readonly Node[]
  const kind = node.importKind ?? node.exportKind
  const eachIsType = specifiers.every((s) => (s.importKind ?? s.exportKind) === 'type')
  return {
    specifier: source.value,
    typeOnly: kind === 'type' || (specifiers.length > 0 && eachIsType),
    lazy: node.type === 'ImportExpression',
  }
}

const known = new Map<string, Syntax>()

/** Parses one file of the repository: what it imports, how long its functions are. */
export function syntaxOf(path: string): Syntax {
  const before = known.get(path)
  if (before) return before
  const syntax = parse(read(path), path.endsWith('.ts') ? 'ts' : 'js')
  known.set(path, syntax)
  return syntax
}

export function parse(text: string, lang: 'ts' | 'js'): Syntax {
  const program = parseAst(text, { lang }) as unknown as Node & { body: readonly Node[] }
  const imports: Import[] = []
  const functions: FunctionSize[] = []
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length
  visit(program, [], (node, parents) => {
    const found = importOf(node)
    if (found) imports.push(found)
    if (!functionTypes.has(node.type) || !isNode(node.body)) return
    const parent = parents.at(-1)
    const parameters = (node.params as readonly Node[]).filter((p) => p.name !== 'this')
    functions.push({
      name: nameOf(node, parent),
      line: lineAt(node.start),
      lines: lineAt(node.end) - lineAt(node.start) + 1,
      parameters: parameters.length,
      callback: parent?.type === 'CallExpression' || parent?.type === 'NewExpression',
    })
  })
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  return { text, lines, imports, functions, statements: program.body }
}
