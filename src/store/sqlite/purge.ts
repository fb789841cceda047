import { every } from '../../lib/timers/every.ts';
import type { PurgeTime } from './writer/purge-write.ts';
import type { Writer } from './writer/writer.ts';

const EVERY_MS = 5 * 60_000;

/**
 * Purges old records now and every 5 minutes, in batches between which other writes run. For instances only: a command
 * must not delete records. Returns a function that stops it.
 */
export function purgeRegularly(writer: Pick<Writer, 'ask'>): () => void {
  let lastMs = performance.now();
  const tick = (): void => {
    const nowMs = performance.now();
    const passedSeconds = (nowMs - lastMs) / 1000;
    lastMs = nowMs;
    void purge(writer, { nowSeconds: Date.now() / 1000, passedSeconds });
  };
  tick();
  return every(EVERY_MS, tick);
}

async function purge(writer: Pick<Writer, 'ask'>, time: PurgeTime): Promise<void> {
  try {
    let more = await writer.ask('purge', time);
    while (more) more = await writer.ask('purge', { ...time, passedSeconds: 0 });
  } catch {
    // Old records do no harm, and the next write that a caller awaits will report the failure.
  }
}
