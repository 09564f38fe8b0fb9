import type { LowerRules } from './rule.ts'

export const blockedRules: LowerRules = {}
