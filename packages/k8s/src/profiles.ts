import { checkBytes, checkChoice, checkCpu, checkKnown } from './check.ts'

/** What a container asks for and is held to: requests equal limits, so the pod is Guaranteed. */
export interface Resources {
  /** Processors, such as `2` or `500m`. */
  readonly cpu: string
  /** Such as `2Gi`. */
  readonly memory: string
}

/** A kind of machine. */
export interface Profile {
  readonly resources: Resources
  readonly nodeSelector: Readonly<Record<string, string>>
  readonly tolerations: readonly Readonly<Record<string, string>>[]
  /** Whether two ranks may share a machine where there are too few: never on a small one. */
  readonly whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway'
}

/** The name of a profile. */
export type ProfileName = 'generic' | 'rpi5'

/**
 * The machines there are settings for: `rpi5` for Raspberry Pi 5 of 4 or 8 GB, kept for this work by the taint
 * `nebulift.io/pi`; `generic` for servers, of amd64 or arm64.
 */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  generic: {
    resources: { cpu: '4', memory: '4Gi' },
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [],
    whenUnsatisfiable: 'ScheduleAnyway',
  },
  rpi5: {
    resources: { cpu: '2', memory: '2Gi' },
    nodeSelector: { 'kubernetes.io/arch': 'arm64' },
    tolerations: [{ key: 'nebulift.io/pi', operator: 'Exists', effect: 'NoSchedule' }],
    whenUnsatisfiable: 'DoNotSchedule',
  },
}

/** Threads that a limit can feed: one more, and the kernel's quota stops all of them (CFS throttling). */
export function threadsOf(cpu: string): number {
  const processors = cpu.endsWith('m') ? Number(cpu.slice(0, -1)) / 1000 : Number(cpu)
  return Math.max(1, Math.floor(processors))
}

/** A profile, with the resources that were asked for instead of its own. */
export function profileOf(name: ProfileName, resources: Partial<Resources> = {}): Profile {
  checkChoice('profile', name, Object.keys(profiles))
  checkKnown('resources', resources, ['cpu', 'memory'])
  const asked = { ...profiles[name].resources, ...resources }
  checkCpu('resources.cpu', asked.cpu)
  checkBytes('resources.memory', asked.memory)
  return { ...profiles[name], resources: asked }
}
