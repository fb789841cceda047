import type { Writer } from './writer.ts';

const EVERY_MS = 5 * 60_000;

/** Forgets what has expired, now and every few minutes, batch by batch so that other writes pass between. Returns what ends it. */
export function purgeRegularly(writer: Pick<Writer, 'ask'>): () => void {
  void purge(writer);
  const timer = setInterval(() => void purge(writer), EVERY_MS).unref();
  return () => clearInterval(timer);
}

async function purge(writer: Pick<Writer, 'ask'>): Promise<void> {
  try {
    while (await writer.ask({ kind: 'purge', nowSeconds: Date.now() / 1000 }));
  } catch {
    // What is kept for longer does no harm; whatever broke shows at the next write that somebody waits for.
  }
}
