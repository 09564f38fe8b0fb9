/** One instruction of a Dockerfile, its continuation lines joined. */
export interface Instruction {
  readonly name: string
  readonly text: string
}

/** From one `FROM` to the next. */
export interface Stage {
  /** What it starts from: an image, an earlier stage or `scratch`. */
  readonly from: string
  readonly platform?: string
  readonly name?: string
  readonly instructions: readonly Instruction[]
}

/** `ARG`s before the first stage, and the stages. */
export interface Dockerfile {
  readonly args: ReadonlyMap<string, string>
  readonly stages: readonly Stage[]
}

/** Reads what our Dockerfile uses of the language: no heredocs, no other escape than the backslash. */
export function parseDockerfile(text: string): Dockerfile {
  const args = new Map<string, string>()
  const stages: (Stage & { instructions: Instruction[] })[] = []
  for (const { name, text: rest } of instructionsOf(text)) {
    const stage = stages.at(-1)
    if (name === 'FROM') stages.push(stageOf(rest))
    else if (stage) stage.instructions.push({ name, text: rest })
    else args.set(...assignment(rest))
  }
  return { args, stages }
}

function instructionsOf(text: string): Instruction[] {
  return text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
      if (!name || rest === undefined) throw new Error(`not an instruction: ${line}`)
      return { name, text: rest }
    })
}

function stageOf(text: string): Stage & { instructions: Instruction[] } {
  const [, platform, from, name] = /^(?:--platform=(\S+) )?(\S+)(?: AS (\S+))?$/.exec(text) ?? []
  if (!from) throw new Error(`not a stage: FROM ${text}`)
  return { from, ...(platform && { platform }), ...(name && { name }), instructions: [] }
}

function assignment(text: string): [string, string] {
  const [, name = text, value = ''] = /^(\w+)=(.*)$/.exec(text) ?? []
  return [name, value]
}
