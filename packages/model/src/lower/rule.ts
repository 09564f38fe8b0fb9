import type { Node } from '../graph/graph.ts'
import type { Lowering } from './lowering.ts'

/** Writes a node in operators that a runtime has; false where the node can stay as it is. */
export type LowerRule = (node: Node, lowering: Lowering) => boolean

export type LowerRules = Readonly<Record<string, LowerRule>>
