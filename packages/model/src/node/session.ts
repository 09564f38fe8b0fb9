import { readFileSync } from 'node:fs'
import { arch } from 'node:process'
import type { Tensor as RuntimeTensor } from 'onnxruntime-node'
import { ModelError } from '../errors.ts'
import type { DType, Tensor, TensorMap } from '../tensor.ts'
import { withoutTelemetry } from './telemetry.ts'

/** How a model is run. */
export interface SessionOptions {
  /** Threads of one operation. Default: the runtime's choice, one a core. */
  readonly threads?: number
  /**
   * Counts numbers below 1e-38 as zero, in all that the calling thread computes from then on: only for a thread
   * that does nothing else. Default false.
   */
  readonly flushTiny?: boolean
  /** Records the time of every node into a JSON file with this prefix. Default off. */
  readonly profile?: string
}

/** A model that is loaded and can run. `run` blocks the thread it is called on. */
export interface Session {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Inputs are read without a copy; outputs are fresh memory. */
  run(feeds: TensorMap, wanted?: readonly string[]): Promise<Map<string, Tensor>>
  close(): Promise<void>
}

/**
 * Loads an ONNX model into ONNX Runtime on the CPU. This is the one file that imports it.
 * @throws ModelError `BAD_FILE` where the runtime refuses the model
 */
export async function openSession(
  model: Uint8Array,
  options: SessionOptions = {},
): Promise<Session> {
  const { threads, profile, flushTiny = false } = options
  withoutTelemetry()
  const ort = await import('onnxruntime-node')
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    // The plan of fixed places costs a third more memory and saves no time.
    enableMemPattern: false,
    logSeverityLevel: 3,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    ...(profile !== undefined && { enableProfiling: true, profileFilePrefix: profile }),
    extra: {
      session: {
        ...(flushTiny && { set_denormal_as_zero: '1' }),
        ...(mayOverflow() && { x64quantprecision: '1' }),
        intra_op: { allow_spinning: '0' },
      },
    },
  }).catch((cause: unknown) => {
    throw new ModelError('BAD_FILE', `ONNX Runtime refuses the model: ${messageOf(cause)}`, {
      cause,
    })
  })
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    run: async (feeds, wanted) => {
      const given: Record<string, RuntimeTensor> = {}
      for (const [name, { type, dims, data }] of feeds) {
        given[name] = new ort.Tensor(type as 'float32', data as Float32Array, dims)
      }
      const results = await (wanted ? session.run(given, [...wanted]) : session.run(given)).catch(
        (cause: unknown) => {
          throw new ModelError('IO', `ONNX Runtime failed: ${messageOf(cause)}`, { cause })
        },
      )
      return new Map(
        Object.entries(results).map(([name, { type, dims, data }]): [string, Tensor] => [
          name,
          { type: type as DType, dims, data } as Tensor,
        ]),
      )
    },
    close: async () => {
      if (profile !== undefined) session.endProfiling()
      await session.release()
    },
  }
}

/**
 * Whether this processor adds products of bytes in 16 bits, where they overflow: x86 without VNNI, and any x86 that
 * does not say. The runtime then has a way that is right and half as fast.
 */
function mayOverflow(): boolean {
  if (arch !== 'x64') return false
  try {
    return !/\b(avx_vnni|avx512_vnni|amx_int8)\b/.test(readFileSync('/proc/cpuinfo', 'utf8'))
  } catch {
    return true
  }
}

const messageOf = (cause: unknown) =>
  (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]
