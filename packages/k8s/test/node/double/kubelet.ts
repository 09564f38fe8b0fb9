import { NotPrepared, type Programs, prepare } from './environment.ts'
import { writeEvent } from './jobs.ts'
import { type ContainerProcess, type Exit, type Log, startProcess } from './processes.ts'
import { now, type Store } from './store.ts'
import type { Container, PodObject, PodStatus, Stored } from './types.ts'

export interface KubeletOptions {
  readonly folder: string
  readonly programs: Programs
  readonly claims: Readonly<Record<string, string>>
  /** Cannot be pulled. */
  readonly missingImages: readonly string[]
}

/** Scheduler and kubelets in one: places pods on nodes, and plays each by a process of this machine. */
export class Kubelet {
  readonly #store: Store
  readonly #options: KubeletOptions
  readonly #processes = new Map<string, ContainerProcess>()
  readonly #logs = new Map<string, Log>()
  readonly #held = new Set<string>()
  readonly #addresses = new Map<string, string>()
  readonly #stop: () => void
  #closed = false

  constructor(store: Store, options: KubeletOptions) {
    this.#store = store
    this.#options = options
    this.#stop = store.listen(({ type, object }) => {
      if (this.#closed) return
      if (object.kind === 'Pod' && type !== 'DELETED') this.#onPod(object as PodObject)
      // A claim or a node may be what a pod has been waiting for.
      if (object.kind === 'PersistentVolumeClaim' || object.kind === 'Node') {
        for (const pod of store.list<PodObject>('Pod')) this.#onPod(pod)
      }
      if (object.kind === 'Secret' || object.kind === 'ConfigMap') {
        const held = store
          .list<PodObject>('Pod')
          .filter((pod) => this.#held.delete(pod.metadata.uid ?? ''))
        for (const pod of held) this.#start(pod)
      }
    })
  }

  /** Ends all processes; resolves once none is left. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stop()
    const left = [...this.#processes.values()]
    for (const each of left) each.kill()
    await Promise.all(left.map(({ exit }) => exit))
  }

  log(pod: PodObject): Log | undefined {
    return this.#logs.get(pod.metadata.uid ?? '')
  }

  process(pod: PodObject): ContainerProcess | undefined {
    return this.#processes.get(pod.metadata.uid ?? '')
  }

  get pids(): number[] {
    return [...this.#processes.values()].flatMap(({ pid }) => pid ?? [])
  }

  #onPod(pod: PodObject): void {
    const { deletionTimestamp, deletionGracePeriodSeconds = 30, uid } = pod.metadata
    if (deletionTimestamp) {
      const running = this.#processes.get(uid as string)
      if (running) running.stop(deletionGracePeriodSeconds * 1000)
      else if (pod.status.phase === 'Pending' && pod.spec.nodeName) this.#giveUp(pod)
      return
    }
    if (pod.status.phase !== 'Pending' || pod.spec.nodeName) return
    // Not within the event that told of it: others are still to hear of that.
    setImmediate(() => {
      const there = this.#store.get<PodObject>('Pod', pod.metadata.namespace, pod.metadata.name)
      if (this.#closed || !there || there.metadata.uid !== uid || there.spec.nodeName) return
      this.#place(there)
    })
  }

  #place(pod: PodObject): void {
    const node = this.#nodeFor(pod)
    if ('problem' in node) {
      const message = `0/${this.#store.list('Node').length} nodes are available: ${node.problem}. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`
      this.#store.update(pod, ({ status }) => {
        status.conditions = [
          { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message },
        ]
      })
      return
    }
    const placed = this.#store.update(pod, ({ spec, status }) => {
      spec.nodeName = node.name
      status.podIP = this.#address(pod.spec.hostname ?? pod.metadata.name, pod.spec.subdomain ?? '')
      status.startTime = now()
      status.conditions = [{ type: 'PodScheduled', status: 'True' }]
    })
    this.#start(placed)
  }

  #nodeFor({ spec, metadata }: PodObject): { name: string } | { problem: string } {
    for (const { persistentVolumeClaim: claim } of spec.volumes ?? []) {
      if (claim && !this.#store.get('PersistentVolumeClaim', metadata.namespace, claim.claimName)) {
        return { problem: `persistentvolumeclaim "${claim.claimName}" not found` }
      }
    }
    const wanted = Object.entries(spec.nodeSelector ?? {})
    const fits = ({ metadata: { labels = {} } }: Stored) =>
      wanted.every(([key, value]) => labels[key] === value)
    const nodes = this.#store.list('Node')
    const loads = nodes.filter(fits).map(({ metadata: { name } }) => ({
      name,
      load: this.#store.list<PodObject>('Pod').filter(({ spec: { nodeName } }) => nodeName === name)
        .length,
    }))
    const [least] = loads.sort((a, b) => a.load - b.load)
    return least ?? { problem: `${nodes.length} node(s) didn't match Pod's node affinity/selector` }
  }

  /** One address of the loopback network for each name of a pod, as a Service would find it. */
  #address(hostname: string, subdomain: string): string {
    const key = `${hostname}.${subdomain}`
    const known = this.#addresses.get(key) ?? nextAddress()
    this.#addresses.set(key, known)
    return known
  }

  #start(pod: PodObject): void {
    const [container] = pod.spec.containers as [Container]
    const { missingImages, programs, claims, folder } = this.#options
    const image = container.image ?? ''
    if (missingImages.includes(image)) {
      const message = `Back-off pulling image "${image}": ErrImagePull: failed to pull and unpack image "${image}": not found`
      this.#wait(pod, 'ImagePullBackOff', message)
      return
    }
    try {
      const resolve = (hostname: string, subdomain: string) =>
        subdomain === pod.spec.subdomain ? this.#address(hostname, subdomain) : undefined
      const around = { store: this.#store, folder, programs, claims, resolve }
      this.#run(pod, startProcess(prepare(pod, container, around)))
    } catch (error) {
      if (!(error instanceof NotPrepared)) throw error
      this.#hold(pod, error)
    }
  }

  /** Tried again once a Secret or a ConfigMap comes. */
  #hold(pod: PodObject, { message, volume }: NotPrepared): void {
    this.#held.add(pod.metadata.uid as string)
    if (volume === undefined) {
      writeEvent(this.#store, pod, 'Failed', `Error: ${message}`)
      this.#wait(pod, 'CreateContainerConfigError', message)
    } else {
      const why = `MountVolume.SetUp failed for volume "${volume}" : ${message}`
      writeEvent(this.#store, pod, 'FailedMount', why)
      this.#wait(pod, 'ContainerCreating')
    }
  }

  #wait(pod: PodObject, reason: string, message?: string): void {
    this.#store.update(pod, ({ status }) =>
      setState(status, pod, { waiting: { reason, ...(message !== undefined && { message }) } }),
    )
  }

  #run(pod: PodObject, started: ContainerProcess): void {
    const uid = pod.metadata.uid as string
    this.#processes.set(uid, started)
    this.#logs.set(uid, started.log)
    const startedAt = now()
    this.#store.update(pod, ({ status }) => {
      status.phase = 'Running'
      setState(status, pod, { running: { startedAt } })
    })
    void started.exit.then((exit) => {
      this.#processes.delete(uid)
      if (!this.#closed) this.#ended(pod, exit, startedAt)
    })
  }

  /** A pod that is to go, and whose container never ran. */
  #giveUp(pod: PodObject): void {
    this.#store.update(pod, ({ status }) => {
      status.phase = 'Failed'
    })
  }

  #ended(pod: PodObject, exit: Exit, startedAt: string): void {
    this.#store.update(pod, ({ status }) => {
      status.phase = exit.exitCode === 0 ? 'Succeeded' : 'Failed'
      setState(status, pod, { terminated: { ...exit, startedAt, finishedAt: now() } })
    })
  }
}

let addresses = 0

/** Of no other process that plays a cluster: the middle comes from the process, the end from a count. */
function nextAddress(): string {
  const { pid } = process
  return `127.${64 + (pid & 63)}.${(pid >> 6) & 255}.${(addresses++ % 253) + 1}`
}

type State = NonNullable<PodStatus['containerStatuses']>[number]['state']

function setState(status: PodStatus, { spec }: PodObject, state: State): void {
  const [{ name, image = '' }] = spec.containers as [Container]
  const ready = state.running !== undefined
  status.containerStatuses = [{ name, ready, restartCount: 0, image, started: ready, state }]
  const scheduled = (status.conditions ?? []).filter(
    ({ type }) => type !== 'Ready' && type !== 'ContainersReady',
  )
  const is = ready ? 'True' : 'False'
  status.conditions = [
    ...scheduled,
    { type: 'Ready', status: is },
    { type: 'ContainersReady', status: is },
  ]
}
