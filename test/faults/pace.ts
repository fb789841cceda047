const TICK_MS = 5;
/** The most calls that are made at once after this process was paused. */
const BURST = 20;

/** Calls `act` so many times a second, whether or not earlier calls have finished. Returns a function that stops it. */
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
