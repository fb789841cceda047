/** The messages of an error and its causes; stacks and properties may hold what was being worked on. */
export function messageOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error);
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  const words = error.message === '' ? error.name : error.message;
  if (inner === undefined || depth > 4) return words;
  const why = messageOf(inner, depth + 1);
  // Many an error repeats the words of its cause.
  return words.endsWith(why) ? words : `${words}: ${why}`;
}
