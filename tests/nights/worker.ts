import { parentPort } from 'node:worker_threads'
import { judgeNight, type NightOptions } from './judge.ts'

parentPort?.on('message', (night: NightOptions) => parentPort?.postMessage(judgeNight(night)))
