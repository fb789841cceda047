import { parseArgs } from 'node:util';
import { fuzzConnections } from './fuzzing.ts';

const { values } = parseArgs({ options: { seed: { type: 'string' }, frames: { type: 'string' } } });
const seed = Number(values.seed ?? Math.trunc(Math.random() * 2 ** 31));
const frames = Number(values.frames ?? 10_000_000);

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

function mb(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
