import { readOptions, runScript, wholeNumber } from '../../../tools/script-options.ts';
import { fuzzConnections } from './fuzzing.ts';

const COMMAND = 'npm run test:fuzz';
const HELP = `${COMMAND} -- [OPTIONS]

Sends right, wrong and random HTTP/2 frames to src/http2, and compares what it answers with what it should. Prints the
figures at the end. If a frame is handled wrongly, the error names the seed of its connection, and the exit code is 1.

  --frames N   frames to send (10000000: some ten minutes); 1 with the seed that an error names repeats its connection
  --seed N     repeats a run (by default another one each time)
  --help
`;
const MOST_FRAMES = 1_000_000_000_000;
const MOST_SEEDS = 2 ** 32 - 1;

await runScript(COMMAND, async () => {
  const { values } = readOptions({
    options: {
      frames: { type: 'string', default: '10000000' },
      seed: { type: 'string', default: String(Math.trunc(Math.random() * 2 ** 31)) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(HELP);
  await fuzz(wholeNumber('seed', values.seed, 0, MOST_SEEDS), wholeNumber('frames', values.frames, 1, MOST_FRAMES));
});

async function fuzz(seed: number, frames: number): Promise<void> {
  const startedAt = performance.now();
  let shown = 0;
  say(`seed ${seed}: ${frames} frames`);
  const figures = await fuzzConnections(seed, frames, (now) => {
    if (now.frames < shown) return;
    shown += frames / 20;
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    say(`${now.frames} frames in ${seconds} s: RSS ${mb(rss)} MB, heap ${mb(heapUsed)} MB, outside ${mb(external)} MB`);
  });
  say(JSON.stringify(figures));
}

function mb(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
