import type { Traffic } from '../../collective.ts'
import type { Address, TlsOptions } from './links.ts'
import type { Request } from './operations.ts'

// What the thread that calls and the thread of the ring tell each other.

export interface RingData {
  /** Undefined: all addresses of this machine, be they IPv6 or only IPv4. */
  readonly host: string | undefined
  readonly port: number
  readonly token: string
  readonly tls: TlsOptions | undefined
  /** Whether ranks on this machine talk over local sockets. */
  readonly local: boolean
  readonly idleTimeoutMs: number
}

/** A rank's place in one generation. */
export interface Place {
  readonly rank: number
  readonly world: number
  readonly generation: number
  /** Where all ranks listen, by rank. */
  readonly peers: readonly Address[]
}

export type Order =
  | { readonly type: 'connect'; readonly place: Place; readonly memory: WebAssembly.Memory }
  | { readonly type: 'start'; readonly generation: number; readonly request: Request }
  | { readonly type: 'drop'; readonly generation: number }

export type News =
  | { readonly type: 'listening'; readonly address: Address }
  /** `code`: of the system, as EADDRINUSE. */
  | { readonly type: 'failed'; readonly message: string; readonly code: string | undefined }
  | { readonly type: 'connected'; readonly generation: number }
  | {
      readonly type: 'done'
      readonly generation: number
      readonly id: number
      readonly result: unknown
      readonly traffic: Traffic
    }
  | { readonly type: 'aborted'; readonly generation: number; readonly message: string }
