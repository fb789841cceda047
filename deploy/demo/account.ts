import { randomBytes } from 'node:crypto';

/** The account of the demo. */
export interface Account {
  readonly name: string;
  readonly password: string;
  /** Whether it was made up for this run. */
  readonly fresh: boolean;
}

/** Reads `name:password`, or makes an account up where nothing is given. Never repeats what it cannot read. */
export function demoAccount(given: string | undefined): Account {
  if (given === undefined || given === '') {
    return { name: 'demo', password: randomBytes(15).toString('base64url'), fresh: true };
  }
  const [, name, password] = /^([^:]+):(.+)$/s.exec(given) ?? [];
  if (name === undefined || password === undefined) throw new Error('SALLYPORT_ACCOUNT must read name:password');
  return { name, password, fresh: false };
}
