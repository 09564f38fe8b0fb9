import type { MeasuredFrame } from '../night/measureFrames.ts'
import type { Draft } from './store.ts'

/** An example whose picture is not made yet, and the frame it is to be made of. */
export type Candidate = Omit<Draft, 'file' | 'sha256'> & { readonly frame: MeasuredFrame }
