import { GraphBuilder } from '../graph/builder.ts'
import { known } from '../graph/dims.ts'
import { networkInputs, openScope } from './blueprint.ts'
import type { Network } from './network.ts'

/** How many features a network's trunk gives. */
export function featureCount(network: Network): number {
  const g = new GraphBuilder(network.name)
  const { scope } = openScope(g)
  return known(network.trunk(scope, networkInputs(g, network, 'batch')).shape[1], 'features')
}

/**
 * The last part of a network by itself, learning from features that a frozen trunk has computed once: what
 * takes hours on pictures takes seconds on these. Its parameters keep their names.
 */
export function headOf(network: Network): Network {
  return {
    name: `${network.name}_head`,
    inputs: { features: [featureCount(network)] },
    classes: network.classes,
    settings: network.settings,
    trunk: (_, { features }) => features,
    head: network.head,
  }
}
