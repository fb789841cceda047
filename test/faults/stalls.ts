const TICK_MS = 10;
/** Shorter stalls of an overloaded machine make nothing fail. */
const STALL_MS = 150;

/** A period in which this process was due to run but did not. */
export interface Stall {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Records when the machine was too busy to run this process, and so perhaps the others. */
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
