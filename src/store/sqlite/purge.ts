import { every } from '../../lib/every.ts';
import type { PurgeTime } from './writer/purge-write.ts';
import type { Writer } from './writer/writer.ts';

const EVERY_MS = 5 * 60_000;

/**
 * Forgets what ended long ago, now and every few minutes, batch by batch so that other writes pass between. For
 * processes that run on: what looks at a store once has no say in what it may forget. Returns what ends it.
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
    // What is kept for longer does no harm; whatever broke shows at the next write that somebody waits for.
  }
}
