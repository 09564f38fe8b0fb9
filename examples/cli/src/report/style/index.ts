import { base } from './base.ts'
import { glance } from './glance.ts'
import { table } from './table.ts'
import { viewer } from './viewer.ts'

/** The page's whole style: one sheet, dark unless the reader prefers light. */
export const styleSheet = [base, glance, table, viewer].join('\n')
