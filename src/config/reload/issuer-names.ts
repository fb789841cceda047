import { isDeepStrictEqual } from 'node:util';
import type { IssuerConfig } from '../config.ts';
import type { Secret } from '../secret.ts';

type Foreign = Exclude<IssuerConfig, { readonly kind: 'signing' }>;

/**
 * Remembers under which names the tokens of foreign issuers were taken since the start. Revocations are kept under
 * those names: under another one the same tokens would count again.
 */
export class IssuerNames {
  /** Each as it was at some time: who changed once may have taken other tokens before. */
  private readonly known: Foreign[] = [];

  /** Takes these for what is in force from now on. */
  remember(issuers: readonly IssuerConfig[]): void {
    for (const issuer of foreignIn(issuers)) {
      const reach = reachOf(issuer);
      if (!this.known.some((one) => isDeepStrictEqual(reachOf(one), reach))) this.known.push(issuer);
    }
  }

  /**
   * Why these cannot be taken up: one of them would take tokens that were taken under another name, and not under its
   * own as well. So an issuer can always be removed.
   */
  problemWith(issuers: readonly IssuerConfig[]): string | undefined {
    for (const to of foreignIn(issuers)) {
      const itself = this.known.filter(({ name }) => name === to.name);
      const from = this.known.find(
        (one) => one.name !== to.name && isShared(to, one) && !itself.some((before) => isShared(before, one)),
      );
      if (from !== undefined) return renamingWords(from.name, to.name);
    }
    return undefined;
  }
}

function renamingWords(from: string, to: string): string {
  const why = `issuers[].name: '${to}' takes tokens that '${from}' took, and what was revoked of those would count again`;
  return `${why}. Keep the name '${from}'; where none of them is revoked, a restart takes up the new one`;
}

/** The names of foreign issuers that `before` has and `next` has not. */
export function issuersGone(before: readonly IssuerConfig[], next: readonly IssuerConfig[]): readonly string[] {
  const names = new Set(next.map(({ name }) => name));
  return foreignIn(before).flatMap(({ name }) => (names.has(name) ? [] : [name]));
}

function foreignIn(issuers: readonly IssuerConfig[]): readonly Foreign[] {
  return issuers.filter((issuer) => issuer.kind !== 'signing');
}

/** Whether a token may be good for both, by whom it is from, whom it is for and whom it is about. */
function isShared(one: Foreign, other: Foreign): boolean {
  const { audience, requireSubject } = other;
  const isForBoth = one.audience === undefined || audience === undefined || overlap(one.audience, audience);
  const subjects = new Set([one.requireSubject, requireSubject].filter((subject) => subject !== undefined));
  return isForBoth && subjects.size < 2 && isOneSource(one, other);
}

/** `iss` chooses among those that sign; where one of them has none, the keys tell. */
function isOneSource(one: Foreign, other: Foreign): boolean {
  if (one.kind === 'introspection') {
    return other.kind === 'introspection' && one.introspection.url.href === other.introspection.url.href;
  }
  if (other.kind === 'introspection') return false;
  if (one.issuer !== undefined && other.issuer !== undefined) return one.issuer === other.issuer;
  return (
    one.kind === 'secrets' && other.kind === 'secrets' && overlap(one.secrets.map(textOf), other.secrets.map(textOf))
  );
}

/** All that tells which tokens it takes. */
function reachOf(issuer: Foreign): unknown {
  const source = issuer.kind === 'introspection' ? issuer.introspection.url.href : undefined;
  const secrets = issuer.kind === 'secrets' ? issuer.secrets.map(textOf) : undefined;
  return [issuer.name, issuer.kind, issuer.issuer, issuer.audience, issuer.requireSubject, source, secrets];
}

function overlap(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => others.includes(one));
}

function textOf(secret: Secret): string {
  return Buffer.from(secret.reveal()).toString('base64');
}
