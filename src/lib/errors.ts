/** Whether Node.js gave an error this code, such as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Returns the message of an error, or the text of anything else that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const FILE_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'it already exists',
  EISDIR: 'it is a directory',
  ENOENT: 'no such file',
};

/** Words the error of reading or creating a file, without the file's name. */
export function wordFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return FILE_ERRORS[code] ?? code;
}

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
