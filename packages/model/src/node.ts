export { type FitOptions, type FitResult, fit } from './node/fit.ts'
export { openSession, type Session, type SessionOptions } from './node/session.ts'
export { type Batch, createTrainer, type Trainer, type TrainerOptions } from './node/trainer.ts'
