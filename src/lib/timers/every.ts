/**
 * Does `work` every `everyMs` milliseconds, for the first time after that span. Returns what stops it. Keeps no process
 * alive; what `work` throws ends the process.
 */
export function every(everyMs: number, work: () => void): () => void {
  const timer = setInterval(work, everyMs).unref();
  return () => clearInterval(timer);
}
