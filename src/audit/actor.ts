import { userInfo } from 'node:os';

/** An account that did something through a door, and the client's address as far as trusted proxies report it. */
export interface Actor {
  readonly account: string;
  readonly client: string;
}

/** Who did something with the command line: `operator:` and the name of the system's user, or the value of `--by`. */
export interface Operator {
  readonly by: string;
}

/** Who did something. Every use case that changes state takes it as an argument. */
export type Who = Actor | Operator;

/** The value of `by` in a revocation entry and in the end of a token: the account's id, or the operator's name. */
export function authorOf(who: Who): string {
  return 'account' in who ? who.account : who.by;
}

/** The operator that `by` names; without a name, the system's user. */
export function operatorOf({ by = `operator:${userName()}` }: { readonly by: string | undefined }): Operator {
  return { by };
}

/** A user without a name is known by its number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `${process.getuid?.() ?? 'unknown'}`;
  }
}
