export { encodeStateDict } from './weights/encodeStateDict.ts'
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './weights/safetensors.ts'
export { type DecodeStateDictOptions, decodeStateDict } from './weights/stateDict.ts'
