const TICK_MS = 10;
/** An overloaded machine lets everybody wait; below this nothing here fails for it. */
const STALL_MS = 150;

/** A time in which this process did not run although it was to. */
export interface Stall {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Sees when the machine was too busy to run this process: then it may not have run the others either. */
export function watchForStalls(): { readonly stalls: readonly Stall[]; stop(): void } {
  const stalls: Stall[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - last > STALL_MS) stalls.push({ fromMs: last, toMs: now });
    last = now;
  }, TICK_MS);
  return { stalls, stop: () => clearInterval(timer) };
}
