import { describe, expect, it } from 'vitest'
import { dashboardManifests } from '../src/dashboard.ts'
import { namespaceManifests } from '../src/namespace.ts'
import { type ServiceOptions, serviceManifests } from '../src/service.ts'

const options: ServiceOptions = { name: 'web', image: 'nebulift:1', args: ['serve'] }

// biome-ignore lint/suspicious/noExplicitAny: the tests look into what is plain data of any depth
type Any = any
const find = (kind: string, more: Partial<ServiceOptions> = {}): Any =>
  serviceManifests({ ...options, ...more }).find((manifest) => manifest.kind === kind)

describe('a service', () => {
  it('leaves the number of pods to the autoscaler', () => {
    expect(find('Deployment').spec).not.toHaveProperty('replicas')
    expect(find('HorizontalPodAutoscaler').spec).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
      minReplicas: 2,
      maxReplicas: 6,
    })
  })

  it('finds its pods by the label they have, everywhere', () => {
    const labels = find('Deployment').spec.template.metadata.labels
    const selectors = [
      find('Service').spec.selector,
      find('Deployment').spec.selector.matchLabels,
      find('PodDisruptionBudget').spec.selector.matchLabels,
      find('NetworkPolicy').spec.podSelector.matchLabels,
      find('ServiceMonitor', { monitoring: true }).spec.selector.matchLabels,
    ]
    for (const selector of selectors) expect(labels).toMatchObject(selector)
  })

  it('answers its own namespace, or those named', () => {
    const callers = (more: Partial<ServiceOptions>) =>
      find('NetworkPolicy', more).spec.ingress.map(
        ({ from: [{ namespaceSelector }], ports }: Any) =>
          `${namespaceSelector.matchLabels['kubernetes.io/metadata.name']}:${ports[0].port}`,
      )
    expect(callers({})).toEqual(['nebulift:8080'])
    expect(callers({ callers: ['a', 'b'], port: 3000 })).toEqual(['a:3000', 'b:3000'])
  })

  it('has metrics behind the service only where somebody asks', () => {
    expect(find('Service').spec.ports).toHaveLength(1)
    expect(find('Service', { monitoring: true }).spec.ports).toHaveLength(2)
  })
})

describe('the namespace', () => {
  it('is restricted and closed', () => {
    const [namespace, policy] = namespaceManifests()
    expect(namespace?.metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    })
    expect(policy).toMatchObject({
      kind: 'NetworkPolicy',
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    })
  })

  it('lets operators see no secret', () =>
    expect(JSON.stringify(namespaceManifests({ operators: ['ada'] }))).not.toContain('secrets'))
})

describe('the dashboard', () => {
  const [config] = dashboardManifests()
  const dashboard = JSON.parse(Object.values(config?.data as Record<string, string>).join(''))

  it('asks of every metric that training gives', () => {
    const asked = JSON.stringify(dashboard.panels)
    const metrics = [
      ...['step_seconds', 'allreduce_seconds_bucket', 'samples_total', 'loss', 'generation'],
      ...['world_size', 'ring_bytes_total', 'checkpoint_seconds'],
    ]
    expect(metrics.filter((name) => !asked.includes(`nebulift_${name}{`))).toEqual([])
    expect(asked).toContain('node_hwmon_temp_celsius')
  })

  it('has panels that do not lie on each other', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }: Any) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(new Set(dashboard.panels.map(({ id }: Any) => id)).size).toBe(dashboard.panels.length)
  })

  it('has balanced queries', () => {
    const queries: string[] = dashboard.panels.flatMap(({ targets }: Any) =>
      targets.map(({ expr }: Any) => expr),
    )
    const count = (text: string, sign: string) => text.split(sign).length
    for (const [open, close] of ['()', '{}', '[]'])
      expect(
        queries.filter((query) => count(query, open ?? '') !== count(query, close ?? '')),
      ).toEqual([])
  })
})
