// Compiles a package's assembly/index.ts to WebAssembly (SIMD, no runtime) and embeds it, so that
// neither Node nor any bundler needs a setting to find it. Run in the package's folder.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const compiler = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js')
const folder = mkdtempSync(join(tmpdir(), 'nebulift-kernels-'))
try {
  const wasm = join(folder, 'kernels.wasm')
  execFileSync(
    process.execPath,
    [
      compiler,
      'assembly/index.ts',
      '-O3',
      '--enable',
      'simd',
      '--runtime',
      'stub',
      '--noAssert',
      '-o',
      wasm,
    ],
    { stdio: 'inherit' },
  )
  const base64 = readFileSync(wasm).toString('base64')
  const text = `// Made from assembly/ by tools/kernels.mjs; not to be edited.\nexport const kernelsBase64 =\n  '${base64}'\n`
  // A concurrent reader sees the old file or the new one, never half of one.
  writeFileSync('src/kernels.generated.ts.part', text)
  renameSync('src/kernels.generated.ts.part', 'src/kernels.generated.ts')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
