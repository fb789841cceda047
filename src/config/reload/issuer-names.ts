import { isDeepStrictEqual } from 'node:util';
import type { IssuerConfig } from '../issuer-config.ts';
import type { Secret } from '../secret.ts';
import { subjectClaimsOf } from '../subject-claims.ts';

type Foreign = Exclude<IssuerConfig, { readonly kind: 'signing' }>;

/**
 * Remembers under which names tokens of foreign issuers were accepted since the start. Revocations are stored under
 * those names, so under another name the same tokens would be valid again.
 */
export class IssuerNames {
  /** Each issuer in every form that it had: an earlier form may have accepted other tokens. */
  private readonly known: Foreign[] = [];

  /** Remembers the issuers of a configuration that comes into force. */
  remember(issuers: readonly IssuerConfig[]): void {
    for (const issuer of foreignIn(issuers)) {
      const reach = reachOf(issuer);
      if (!this.known.some((one) => isDeepStrictEqual(reachOf(one), reach))) this.known.push(issuer);
    }
  }

  /**
   * Returns why these issuers cannot come into force, or `undefined`. None may accept tokens that were accepted under
   * another name but not under its own. An issuer can therefore always be removed. None may find other subjects in the
   * tokens that it accepted before, because marks are stored under subjects.
   */
  problemWith(issuers: readonly IssuerConfig[]): string | undefined {
    for (const to of foreignIn(issuers)) {
      const itself = this.known.filter(({ name }) => name === to.name);
      const from = this.known.find(
        (one) => one.name !== to.name && isShared(to, one) && !itself.some((before) => isShared(before, one)),
      );
      if (from !== undefined) return renamingWords(from.name, to.name);
      if (itself.some((before) => isShared(to, before) && !haveSameSubjects(to, before))) return subjectWords(to.name);
    }
    return undefined;
  }
}

function renamingWords(from: string, to: string): string {
  const why = `issuers[].name: '${to}' accepts tokens that '${from}' accepted, so their revocations would no longer apply`;
  return `${why}. Keep the name '${from}'; if none of them is revoked, restart to use the new name`;
}

function subjectWords(name: string): string {
  const why = `issuers[].subjectClaim: tokens of '${name}' would have other subjects, so revocations by subject would no longer apply`;
  return `${why}. Keep it as it was; if no subject of them is revoked, restart to use the new one`;
}

/** Returns the names of the foreign issuers that are in `before` but not in `next`. */
export function issuersGone(before: readonly IssuerConfig[], next: readonly IssuerConfig[]): readonly string[] {
  const names = new Set(next.map(({ name }) => name));
  return foreignIn(before).flatMap(({ name }) => (names.has(name) ? [] : [name]));
}

function foreignIn(issuers: readonly IssuerConfig[]): readonly Foreign[] {
  return issuers.filter((issuer) => issuer.kind !== 'signing');
}

/** Whether both may accept the same token, by its source, audience and subject. */
function isShared(one: Foreign, other: Foreign): boolean {
  const { audience, requireSubject } = other;
  const isForBoth = one.audience === undefined || audience === undefined || overlap(one.audience, audience);
  const subjects = new Set([one.requireSubject, requireSubject].filter((subject) => subject !== undefined));
  // One token may have two subjects, if they are in different claims.
  const mayHaveBoth = subjects.size < 2 || !haveSameSubjects(one, other);
  return isForBoth && mayHaveBoth && isOneSource(one, other);
}

function haveSameSubjects(one: Foreign, other: Foreign): boolean {
  return isDeepStrictEqual(subjectsOf(one), subjectsOf(other));
}

/** Where its subjects are. `requireSubject` accepts fewer tokens, but gives none of them another subject. */
function subjectsOf(issuer: Foreign): unknown {
  return subjectClaimsOf({ ...issuer, requireSubject: undefined });
}

/** Compares issuers of JWTs by `iss`, or by their secrets if one of them requires no `iss`. */
function isOneSource(one: Foreign, other: Foreign): boolean {
  if (one.kind === 'introspection') {
    return other.kind === 'introspection' && one.introspection.url.href === other.introspection.url.href;
  }
  if (other.kind === 'introspection') return false;
  if (one.issuer.length > 0 && other.issuer.length > 0) return overlap(one.issuer, other.issuer);
  return (
    one.kind === 'secrets' && other.kind === 'secrets' && overlap(one.secrets.map(textOf), other.secrets.map(textOf))
  );
}

/** Everything that determines which tokens an issuer accepts. */
function reachOf(issuer: Foreign): unknown {
  const source = issuer.kind === 'introspection' ? issuer.introspection.url.href : undefined;
  const secrets = issuer.kind === 'secrets' ? issuer.secrets.map(textOf) : undefined;
  return [
    issuer.name,
    issuer.kind,
    issuer.issuer,
    issuer.audience,
    issuer.requireSubject,
    subjectsOf(issuer),
    source,
    secrets,
  ];
}

function overlap(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => others.includes(one));
}

function textOf(secret: Secret): string {
  return Buffer.from(secret.reveal()).toString('base64');
}
