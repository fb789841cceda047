/** Returns the messages of an error and its causes. Leaves out stacks and properties, which may contain user data. */
export function messageOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error);
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  const message = error.message === '' ? error.name : error.message;
  if (inner === undefined || depth > 4) return message;
  const cause = messageOf(inner, depth + 1);
  // Some errors repeat the message of their cause.
  return message.endsWith(cause) ? message : `${message}: ${cause}`;
}
