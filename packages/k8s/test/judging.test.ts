import { expect, it } from 'vitest'
import { type JudgingOptions, judgingManifests } from '../src/judging.ts'

const options: JudgingOptions = { name: 'judge', image: 'nebulift:1' }

// biome-ignore lint/suspicious/noExplicitAny: the tests look into what is plain data of any depth
const jobOf = (more: Partial<JudgingOptions> = {}): any =>
  judgingManifests({ ...options, ...more }).find(({ kind }) => kind === 'Job')

it('a shard fails alone: again some times, never after a mistake', () => {
  const { spec } = jobOf({ shards: 100 })
  const [container] = spec.template.spec.containers
  expect(spec).toMatchObject({
    completionMode: 'Indexed',
    completions: 100,
    parallelism: 4,
    backoffLimitPerIndex: 3,
    maxFailedIndexes: 2,
    template: { spec: { restartPolicy: 'Never' } },
  })
  // Kubernetes refuses a job with both bounds of one kind, or FailIndex without a bound per index.
  expect(spec).not.toHaveProperty('backoffLimit')
  expect(spec.podFailurePolicy.rules[1]).toEqual({
    action: 'FailIndex',
    onExitCodes: { containerName: container.name, operator: 'In', values: [2, 42] },
  })
})

it('each pod is told its shard', () => {
  const [{ args }] = jobOf({ shards: 12 }).spec.template.spec.containers
  expect(args).toEqual([
    ...['batch', '/data', '/out', '--shards', '12', '--shard-index', '$(JOB_COMPLETION_INDEX)'],
    ...['--jobs', '$(NEBULIFT_THREADS)'],
  ])
})

it('enough shards are enough only where that is said', () => {
  expect(jobOf().spec).not.toHaveProperty('successPolicy')
  expect(jobOf({ enoughShards: 7 }).spec.successPolicy).toEqual({ rules: [{ succeededCount: 7 }] })
})

it('no more pods at a time than shards', () =>
  expect(jobOf({ shards: 1 }).spec).toMatchObject({ parallelism: 1, maxFailedIndexes: 1 }))

it('pods of judging know nothing of each other', () => {
  const policy = judgingManifests(options).find(({ kind }) => kind === 'NetworkPolicy')
  expect(policy?.spec).toMatchObject({ ingress: [], policyTypes: ['Ingress', 'Egress'] })
})
