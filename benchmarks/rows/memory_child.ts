// Judges one frame and prints the largest resident size this process ever had, in bytes.
import { judgeFile } from 'nebulift'
import { peakBytes } from '../peak.ts'

await judgeFile(process.argv[2])
process.stdout.write(String(peakBytes()))
