#!/usr/bin/env node
// Plain old JavaScript, so that an old Node can read it and say what is wrong.
import { existsSync } from 'node:fs'

const [major, minor] = process.versions.node.split('.').map(Number)
const main = new URL('../dist/main.js', import.meta.url)

if (major < 22 || (major === 22 && minor < 18)) {
  fail(`nebulift needs Node 22.18 or newer; this is Node ${process.versions.node}`)
} else if (!existsSync(main)) {
  fail('nebulift is not built yet; run: npm run build')
} else {
  import(main.href)
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
}
