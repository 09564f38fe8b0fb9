import { ModelError } from '../errors.ts'
import type { Tensor, TensorMap } from '../tensor.ts'
import { serveMethods } from './remote.ts'
import { openSession, type Session } from './session.ts'

let session: Session | undefined

serveMethods({
  open: async (model: Uint8Array, threads: number) => {
    session = await openSession(model, { threads })
  },
  run: async (feeds: TensorMap, wanted: string): Promise<Tensor | undefined> => {
    if (!session) throw new ModelError('BAD_ARGUMENT', 'internal: run before open')
    return (await session.run(feeds, [wanted])).get(wanted)
  },
  close: () => session?.close(),
})
