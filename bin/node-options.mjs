/**
 * The options of Node for a process that serves. Both halves of V8's young generation together have 8 MB in place of up to 128:
 * it would grow while many tokens are verified for the first time, and stay large under load.
 */
export const NODE_OPTIONS = ['--max-semi-space-size=4'];

/** The same, unless an option of Node's command line or of `NODE_OPTIONS` says how large it is. */
export function nodeOptions() {
  const given = [...process.execArgv, process.env.NODE_OPTIONS].join(' ');
  return /semi[-_]space/.test(given) ? [] : NODE_OPTIONS;
}
