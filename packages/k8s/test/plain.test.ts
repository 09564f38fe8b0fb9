import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { Manifest } from '../src/manifest.ts'
import { folders, generated, packageFolder, patchOf } from './plain.ts'
import { outputOf, toolCalled } from './tools.ts'

describe('generated files', () => {
  it.each(Object.keys(generated))('%s is what plain.ts writes', (path) =>
    expect(readFileSync(join(packageFolder, path), 'utf8')).toBe(generated[path]),
  )

  it('and nothing else lies in k8s/', () => {
    const found = readdirSync(join(packageFolder, 'k8s'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(packageFolder.length + 1))
    expect(found.sort()).toEqual(
      Object.keys(generated)
        .filter((path) => path.startsWith('k8s/'))
        .sort(),
    )
  })
})

const idOf = ({ apiVersion, kind, metadata }: Manifest) =>
  `${apiVersion} ${kind} ${metadata.namespace ?? ''}/${metadata.name}`
const byId = (manifests: readonly Manifest[]) =>
  Object.fromEntries(manifests.map((manifest) => [idOf(manifest), manifest]))

const kubectl = toolCalled('kubectl')

describe.skipIf(!kubectl)('kubectl kustomize (needs kubectl)', () => {
  it.each(Object.keys(folders))('of k8s/%s is what the builders make', (folder) => {
    const text = outputOf(kubectl ?? '', ['kustomize', join(packageFolder, 'k8s', folder)])
    const rendered = parseAllDocuments(text).map((document) => document.toJS() as Manifest)
    expect(byId(rendered)).toEqual(byId(folders[folder] ?? []))
  })
})

it('a patch says what differs and no more', () =>
  expect(
    patchOf(
      { a: 1, b: { 'c/d': [1, 2], e: 0 }, f: [1] },
      { a: 1, b: { 'c/d': [1, 3] }, f: [], g: 1 },
    ),
  ).toEqual([
    { op: 'remove', path: '/b/e' },
    { op: 'replace', path: '/b/c~1d/1', value: 3 },
    { op: 'replace', path: '/f', value: [] },
    { op: 'add', path: '/g', value: 1 },
  ]))
