/**
 * The outcome of `promise`, or a rejection with `late()` if it has none after `limitMs` milliseconds. Does not end the
 * work behind the promise.
 */
export function within<Value>(promise: Promise<Value>, limitMs: number, late: () => Error): Promise<Value> {
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(() => limit.reject(late()), limitMs);
  return Promise.race([promise, limit.promise]).finally(() => clearTimeout(timer));
}
