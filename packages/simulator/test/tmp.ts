import {} from '../src/index.ts'
