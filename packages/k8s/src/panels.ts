interface Panel {
  readonly title: string
  readonly unit: string
  /** PromQL, and what its line is called. */
  readonly queries: Readonly<Record<string, string>>
  readonly description?: string
  readonly stacked?: boolean
}

const ofJob = '{nebulift_job="$job"}'
const sentByJob = '{nebulift_job="$job", direction="sent"}'
const podsOfJob = '{pod=~"$job-.*", container!=""}'

/** Half of a Grafana row, which is 24 wide. */
const width = 12
const height = 8

const quantile = (of: number) =>
  `histogram_quantile(${of}, sum by (le) (rate(nebulift_allreduce_seconds_bucket${ofJob}[5m])))`

const wanted: readonly Panel[] = [
  { title: 'Loss', unit: 'none', queries: { loss: `avg(nebulift_loss${ofJob})` } },
  {
    title: 'Examples a second, all ranks',
    unit: 'none',
    queries: { examples: `sum(rate(nebulift_samples_total${ofJob}[2m]))` },
  },
  {
    title: 'A step, by what it waits for',
    unit: 's',
    description: 'Mean over the ranks. Communication is what computing did not hide.',
    stacked: true,
    queries: { '{{phase}}': `avg by (phase) (nebulift_step_seconds${ofJob})` },
  },
  {
    title: 'All-reduce',
    unit: 's',
    queries: { 'half within': quantile(0.5), '95 % within': quantile(0.95) },
  },
  {
    title: 'Ranks, and how often they met',
    unit: 'none',
    description: 'A generation more: a rank was lost, came back, or joined.',
    queries: {
      ranks: `max(nebulift_world_size${ofJob})`,
      generation: `max(nebulift_generation${ofJob})`,
    },
  },
  {
    title: 'Ring, bytes a second sent by each rank',
    unit: 'Bps',
    queries: { 'rank {{rank}}': `sum by (rank) (rate(nebulift_ring_bytes_total${sentByJob}[2m]))` },
  },
  {
    title: 'Last checkpoint',
    unit: 's',
    queries: { seconds: `max(nebulift_checkpoint_seconds${ofJob})` },
  },
  {
    title: 'Memory of the pods',
    unit: 'bytes',
    queries: { '{{pod}}': `sum by (pod) (container_memory_working_set_bytes${podsOfJob})` },
  },
  {
    title: 'Time in which the processor limit stopped a pod',
    unit: 'percentunit',
    description: 'Above nought: more threads than the limit feeds.',
    queries: {
      '{{pod}}':
        `sum by (pod) (rate(container_cpu_cfs_throttled_periods_total${podsOfJob}[5m])) ` +
        `/ sum by (pod) (rate(container_cpu_cfs_periods_total${podsOfJob}[5m]))`,
    },
  },
  {
    title: 'Temperature of the machines',
    unit: 'celsius',
    description: 'A Raspberry Pi 5 slows down from 80 °C, and more from 85 °C.',
    queries: { '{{instance}}': 'max by (instance) (node_hwmon_temp_celsius)' },
  },
]

/** The dashboard's panels as Grafana stores them, two in a row. */
export function panels(): Record<string, unknown>[] {
  return wanted.map((panel, index) => ({
    id: index + 1,
    type: 'timeseries',
    title: panel.title,
    ...(panel.description !== undefined && { description: panel.description }),
    datasource: { type: 'prometheus', uid: '$source' },
    gridPos: { x: (index % 2) * width, y: Math.floor(index / 2) * height, w: width, h: height },
    fieldConfig: {
      defaults: {
        unit: panel.unit,
        custom: panel.stacked ? { fillOpacity: 30, stacking: { mode: 'normal' } } : {},
      },
      overrides: [],
    },
    targets: Object.entries(panel.queries).map(([legendFormat, expr], query) => ({
      refId: 'ABCDEF'.charAt(query),
      expr,
      legendFormat,
    })),
  }))
}
