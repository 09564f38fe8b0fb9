import { wholeNumber } from './arguments.ts'
import { addCommand, type Registry, withContext } from './context.ts'
import { withSharingOptions, withTrainingOptions } from './train.ts'

const port = wholeNumber(0, 65_535)

export function addWorker(registry: Registry): void {
  withSharingOptions(
    withTrainingOptions(
      addCommand(registry, 'worker <dataset>', {
        summary:
          'Train together with other machines, each running this command; the environment or options say where this one stands.',
        example:
          'MASTER_ADDR=pi-0 WORLD_SIZE=4 RANK=2 NEBULIFT_TOKEN_FILE=token nebulift worker /data/set -o /ckpt/night.onnx',
      }),
    ),
  )
    .requiredOption('-o, --model-output <onnx>', 'model to write, by the process with index 0')
    .option(
      '--from-fits <folder>',
      'frames that the data set is made of first, by index 0, unless it stands already',
    )
    .option(
      '--labels <json>',
      'with --from-fits: corrected manifest.json of a batch, or truth.json',
    )
    .option('--nodes <n>', 'processes in all, or least and most as 2:4 (WORLD_SIZE, PET_NNODES)')
    .option(
      '--rank <n>',
      'index of this process from 0 (RANK, JOB_COMPLETION_INDEX)',
      wholeNumber(0, 1023),
    )
    .option('--master <host:port>', 'where index 0 is (MASTER_ADDR, MASTER_PORT 29500)')
    .option('--host <address>', 'where the others reach this process (POD_IP)')
    .option('--bind <address>', 'address to listen on (default: all)')
    .option('--ring-port <port>', 'port for the neighbour (default: 29501, or any free one)', port)
    .option('--token-file <file>', 'what all processes know and nobody else (NEBULIFT_TOKEN)')
    .option('--tls-key <pem>', 'encrypt: key of this process')
    .option('--tls-cert <pem>', 'its certificate')
    .option('--tls-ca <pem>', 'who signed the certificates of all')
    .option(
      '--silent <seconds>',
      'who says nothing for so long is lost (default: 20)',
      wholeNumber(1, 3600),
    )
    .option(
      '--wait <seconds>',
      'how long to wait for the others (default: 600)',
      wholeNumber(1, 86_400),
    )
    .option(
      '--stop-code <n>',
      'exit code when SIGTERM stopped it, with a checkpoint (default: 0)',
      wholeNumber(0, 255),
    )
    .option('--checkpoint-dir <folder>', 'checkpoints and log (default: beside the model)')
    .option('--metrics-port <port>', 'serve figures to Prometheus there (default: nowhere)', port)
    .option('--metrics-host <address>', 'address of that (default: 127.0.0.1)')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, or stopped by SIGTERM with a checkpoint; 42 a mistake, do not start it again; 75 start it again',
    )
    .action(withContext(registry, async () => (await import('../actions/worker.ts')).worker))
}
