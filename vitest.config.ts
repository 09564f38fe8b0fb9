import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// `.ci/run` counts what every call of vitest leaves in this folder.
const { NEBULIFT_TEST_REPORTS: reports } = process.env
const counted = reports && {
  reporters: ['default', 'json'],
  outputFile: { json: join(reports, `${process.pid}.json`) },
}

const conditions = ['@nebulift/source']
const project = (name: string, folder: string, kind = 'test') => ({
  extends: true as const,
  test: {
    name,
    root: folder,
    include: [`**/*.${kind}.ts`],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})

// Tests run on the sources: no build stands between an edit and its test.
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    ...counted,
    projects: [
      project('distributed', 'packages/distributed'),
      project('fits', 'packages/fits'),
      project('k8s', 'packages/k8s'),
      project('model', 'packages/model'),
      project('prefilter', 'packages/prefilter'),
      project('simulator', 'packages/simulator'),
      project('cli', 'examples/cli'),
      project('pi-cluster', 'examples/pi-cluster'),
      project('tests', 'tests'),
      project('slow', '.', 'slow'),
      project('faults', 'packages/distributed/test/faults', 'fault'),
    ],
    coverage: {
      provider: 'v8',
      // Matched against each project's own folder.
      include: ['**/src/**/*.ts'],
      exclude: ['**/*.generated.ts'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { lines: 90 },
    },
  },
})
