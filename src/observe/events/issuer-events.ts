import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../log/logger.ts';

const MAX_KID_LENGTH = 64;

/** The `kid`s of keys, which may have none. */
type Kids = readonly (string | undefined)[];

/** Logs the events of issuers' key sets and introspection endpoints, with one method for each event. */
export class IssuerEvents {
  private readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;

  constructor(log: Pick<Logger, 'info' | 'warn' | 'error'>) {
    this.log = log;
  }

  keySetFetched(issuer: string, kids: Kids): void {
    this.log.info({ issuer, kids: namesOf(kids) }, 'key set fetched');
  }

  keySetChanged(issuer: string, added: Kids, dropped: Kids): void {
    this.log.info({ issuer, added: namesOf(added), dropped: namesOf(dropped) }, 'key set changed');
  }

  /** @param failures how many in a row. */
  keySetFailed(issuer: string, error: unknown, failures: number): void {
    this.log.warn({ issuer, failures, cause: messageOf(error) }, 'key set not refreshed');
  }

  keySetExposed(issuer: string, kids: Kids): void {
    const message =
      'key set refused: it contains private keys, so anyone who can read it can sign; the last good keys stay in force';
    this.log.error({ issuer, kids: namesOf(kids) }, message);
  }

  keysLeftOut(issuer: string, count: number): void {
    this.log.warn({ issuer, count }, 'key set has more than 100 usable keys: the rest are left out');
  }

  keySetRecovered(issuer: string, failures: number): void {
    this.log.info({ issuer, failures }, 'key set refreshed again');
  }

  keySetOutdated(issuer: string): void {
    this.log.error({ issuer }, 'key set too old: no token of this issuer can be verified');
  }

  /** @param failures how many in a row. */
  introspectionFailed(issuer: string, error: unknown, failures: number): void {
    const facts = { issuer, failures, cause: messageOf(error) };
    this.log.error(facts, 'introspection fails: opaque tokens of this issuer cannot be verified');
  }

  introspectionMisconfigured(issuer: string, error: unknown): void {
    const message = 'introspection is misconfigured: the server refuses clientId and clientSecret';
    this.log.error({ issuer, cause: messageOf(error) }, message);
  }

  introspectionRecovered(issuer: string, failures: number): void {
    this.log.info({ issuer, failures }, 'introspection works again');
  }
}

/** An issuer may publish kids of any length. */
function namesOf(kids: Kids): readonly string[] {
  return kids.map((kid) => (kid === undefined ? '(no kid)' : kid.slice(0, MAX_KID_LENGTH)));
}
