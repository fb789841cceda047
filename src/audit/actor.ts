import { userInfo } from 'node:os';

/** An account that acted through a door, and the client's address as far as trusted proxies report it. */
export interface Actor {
  readonly account: string;
  readonly client: string;
}

/** A person at the command line: `operator:` and the name of the system's user, or the value of `--by`. */
export interface Operator {
  readonly by: string;
}

/** A service that reports leaked tokens, and the client's address likewise. */
export interface Reporter extends Operator {
  readonly client: string;
}

/** The author of an act. Every use case that changes state receives it as a parameter. */
export type Who = Actor | Operator | Reporter;

/** Returns the value of `by` in a revocation entry or the end of a token: the account's id, or the operator's name. */
export function authorOf(who: Who): string {
  return 'account' in who ? who.account : who.by;
}

/** Returns the operator with this name; by default the system's user. */
export function operatorOf({ by = `operator:${userName()}` }: { readonly by: string | undefined }): Operator {
  return { by };
}

/** Returns the name of the system's user, or its number if it has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `${process.getuid?.() ?? 'unknown'}`;
  }
}
