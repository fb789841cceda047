const TICK_MS = 5;
/** After a pause of this process, at most so many are made up for at once. */
const BURST = 20;

/** Acts so many times a second, whether or not what it began before has ended; returns what stops it. */
export function steadily(perSecond: number, act: () => void): () => void {
  let last = performance.now();
  let owed = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    owed = Math.min(owed + ((now - last) / 1_000) * perSecond, BURST);
    last = now;
    for (; owed >= 1; owed--) act();
  }, TICK_MS);
  return () => clearInterval(timer);
}
