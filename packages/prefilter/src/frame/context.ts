/** What a frame's header tells that matters for judging it. */
export interface FrameContext {
  /** Frames with equal keys (target, filter, exposure, gain, binning, camera, size) are judged against each other. */
  readonly sessionKey: string
  /** Middle of the exposure, milliseconds since 1970 UTC. */
  readonly timeMs?: number
  readonly exposureS?: number
  /** Plate scale of the judged plane. */
  readonly arcsecPerPx?: number
  /** Pixel value at which the detector saturates, image units; found from the pixels where absent. */
  readonly saturation?: number
  /** What the frame says it is; only lights can be judged as pictures of the sky. */
  readonly kind: 'light' | 'bias' | 'dark' | 'flat'
}
