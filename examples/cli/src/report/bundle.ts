import { readFileSync } from 'node:fs'
import * as nodeModule from 'node:module'

/** The page's modules, each after those it uses. Their top-level names must all differ. */
export const pageModules: readonly string[] = [
  'markup',
  'format',
  'words',
  'outline',
  'scales',
  'zoom',
  'model',
  'overlay',
  'chart',
  'rows',
  'details',
  'dom',
  'table-view',
  'filter-view',
  'chart-view',
  'stage',
  'viewer',
  'keys',
  'start',
]

let script: string | undefined

/** The report's script. */
export function pageScript(): string {
  script ??= bundleScript(pageModules.map(pageModule), 'startPage')
  return script
}

/** Where a module of the report's page lies, without its ending. */
export const pageModule = (name: string): URL => new URL(`./page/${name}`, import.meta.url)

/**
 * Modules as plain JavaScript in one scope, without imports, so that one HTML file holds it all, and a call of the function
 * that starts them. The compiled modules are used where they are, the sources elsewhere.
 */
export function bundleScript(modules: readonly URL[], start: string): string {
  return `(() => {\n'use strict'\n${modules.map(moduleText).join('\n')}\n${start}()\n})()`
}

function moduleText(module: URL): string {
  const isSource = import.meta.url.endsWith('.ts')
  const text = readFileSync(new URL(`${module}${isSource ? '.ts' : '.js'}`), 'utf8')
  return withoutModuleSyntax(isSource ? withoutTypes(text) : text)
}

/** Drops imports, the word `export`, comments that open a line, and empty lines. */
export function withoutModuleSyntax(text: string): string {
  return text
    .replace(/^import\b[^'"]*from\s*['"][^'"]*['"];?$/gm, '')
    .replace(/^export\s+(?=(?:async\s+)?(?:function|const|let|class)\b)/gm, '')
    .replace(/^export\s*\{\s*\};?$/gm, '')
    .replace(/^\s*\/\*[\s\S]*?\*\/$/gm, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n')
    .trim()
}

/** Node still calls this experimental and says so on every run; only checkouts of the sources get here. */
function withoutTypes(text: string): string {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return nodeModule.stripTypeScriptTypes(text)
  } finally {
    process.emitWarning = emitWarning
  }
}
