import { randomUUID } from 'node:crypto'
import { type Kind, kindOf } from './kinds.ts'
import type { Meta, Stored } from './types.ts'

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly version: number
  readonly kind: Kind
  readonly object: Stored
}

type Listener = (event: StoreEvent) => void

/** What etcd and the registry are to a real API server. Objects are never changed in place. */
export class Store {
  readonly #objects = new Map<string, Stored>()
  readonly #listeners = new Set<Listener>()
  #history: StoreEvent[] = []
  #oldest = 0
  #version = 100

  get version(): number {
    return this.#version
  }

  /** Forgets what happened: watches from before are told 410. */
  compact(): void {
    this.#history = []
    this.#oldest = ++this.#version
  }

  /** Events after a version; undefined where they are no longer known. */
  since(version: number): readonly StoreEvent[] | undefined {
    if (version < this.#oldest) return undefined
    return this.#history.filter((event) => event.version > version)
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get<Type extends Stored = Stored>(
    kind: string,
    namespace: string | undefined,
    name: string,
  ): Type | undefined {
    return this.#objects.get(keyOf(kindOf(kind), namespace, name)) as Type | undefined
  }

  list<Type extends Stored = Stored>(kind: string, namespace?: string): Type[] {
    const prefix = `${kindOf(kind).plural}/${namespace === undefined ? '' : `${namespace}/`}`
    return [...this.#objects]
      .filter(([key]) => key.startsWith(prefix))
      .map(([, object]) => object as Type)
  }

  create(object: Stored): Stored {
    const kind = kindOf(object.kind)
    const metadata: Meta = {
      ...object.metadata,
      uid: randomUUID(),
      creationTimestamp: now(),
      generation: 1,
    }
    return this.#put('ADDED', kind, { ...structuredClone(object), metadata })
  }

  /** Changes an object that is there; what changes nothing is no event. */
  update<Type extends Stored>(object: Type, change: (draft: Type) => void): Type {
    const kind = kindOf(object.kind)
    const before = this.get<Type>(object.kind, object.metadata.namespace, object.metadata.name)
    if (!before || before.metadata.uid !== object.metadata.uid) return object
    const draft = structuredClone(before)
    change(draft)
    if (JSON.stringify(draft) === JSON.stringify(before)) return before
    if (JSON.stringify(draft.spec) !== JSON.stringify(before.spec)) {
      draft.metadata.generation = (before.metadata.generation ?? 0) + 1
    }
    if (mayGo(draft)) return this.#drop(kind, draft) as Type
    return this.#put('MODIFIED', kind, draft) as Type
  }

  /** Gone, or marked for deletion while finalizers or running processes hold it. */
  remove(object: Stored, graceSeconds?: number): void {
    this.update(object, ({ metadata }) => {
      metadata.deletionTimestamp ??= now()
      if (graceSeconds !== undefined) metadata.deletionGracePeriodSeconds = graceSeconds
    })
  }

  #put(type: 'ADDED' | 'MODIFIED', kind: Kind, object: Stored): Stored {
    const version = ++this.#version
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
    this.#objects.set(keyOf(kind, object.metadata.namespace, object.metadata.name), stored)
    this.#emit({ type, version, kind, object: stored })
    return stored
  }

  #drop(kind: Kind, object: Stored): Stored {
    const version = ++this.#version
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
    this.#objects.delete(keyOf(kind, object.metadata.namespace, object.metadata.name))
    this.#emit({ type: 'DELETED', version, kind, object: last })
    return last
  }

  #emit(event: StoreEvent): void {
    this.#history.push(event)
    for (const listener of [...this.#listeners]) listener(event)
  }
}

function mayGo({ kind, metadata, spec, status }: Stored): boolean {
  if (!metadata.deletionTimestamp || metadata.finalizers?.length) return false
  if (kind !== 'Pod' || !(spec as { nodeName?: string }).nodeName) return true
  return /^(Succeeded|Failed)$/.test((status as { phase?: string }).phase ?? '')
}

/** Whole seconds, as Kubernetes writes times. */
export function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z')
}

function keyOf(kind: Kind, namespace: string | undefined, name: string): string {
  return kind.namespaced ? `${kind.plural}/${namespace}/${name}` : `${kind.plural}/${name}`
}
