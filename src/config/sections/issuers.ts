import * as z from 'zod';
import { quote } from '../../lib/wording.ts';
import type { IssuerConfig } from '../config.ts';
import type { Draft } from '../reading/draft.ts';
import { isMap } from '../reading/draft.ts';
import type { Path } from '../reading/problems.ts';
import { readIssuer } from './issuer.ts';
import { isRedisUrl } from './redis-url.ts';
import type { Catalogue } from './scopes.ts';

/** The issuers that are well-formed; `undefined` where there is no list of them. */
export function readIssuers(draft: Draft, catalogue: Catalogue | undefined): readonly IssuerConfig[] | undefined {
  const written = draft.read(['issuers'], z.array(z.unknown()).prefault([]));
  if (written === undefined) return undefined;
  refuseRepeated(draft, written, 'name');
  refuseRepeated(draft, written, 'issuer');
  const issuers = written.flatMap((_, index) => readIssuer(draft, ['issuers', index], catalogue) ?? []);
  refuseSigning(draft, written);
  refuseUnsealed(draft, written);
  return issuers.map((issuer) => withOthers(issuer, issuers));
}

function withOthers(issuer: IssuerConfig, all: readonly IssuerConfig[]): IssuerConfig {
  if (issuer.kind === 'signing') return issuer;
  const others = all.flatMap((other) => (other === issuer ? [] : (other.issuer ?? [])));
  return { ...issuer, claimedByOthers: new Set(others) };
}

/** The names of the issuers as written, also of those with other faults; `undefined` where there is no list. */
export function issuerNames(draft: Draft): readonly string[] | undefined {
  const issuers = draft.valueAt(['issuers']) ?? [];
  if (!Array.isArray(issuers)) return undefined;
  return issuers.flatMap((issuer: unknown) =>
    isMap(issuer) && typeof issuer['name'] === 'string' ? [issuer['name']] : [],
  );
}

/**
 * Tokens and revocation keys must lead to one issuer. `iss` chooses among those that sign; a server may have its opaque
 * tokens introspected beside.
 */
function refuseRepeated(draft: Draft, written: readonly unknown[], key: 'name' | 'issuer'): void {
  const first = new Map<unknown, number>();
  for (const [index, entry] of written.entries()) {
    const isMeantByIt = isMap(entry) && (key === 'name' || !Object.hasOwn(entry, 'introspection'));
    const value = isMeantByIt ? entry[key] : undefined;
    if (typeof value !== 'string') continue;
    const standing = first.get(value);
    if (standing === undefined) first.set(value, index);
    else draft.refuse(['issuers', index, key], `${quote(value)} is the ${key} of ${placeOf(draft, standing)} already`);
  }
}

function placeOf(draft: Draft, index: number): string {
  return `issuers[${index}] at line ${draft.lineOf(['issuers', index])}`;
}

/** Accounts belong to the one issuer that is our own. */
function refuseSigning(draft: Draft, written: readonly unknown[]): void {
  const own = [...written.keys()].filter((index) => isMeant(draft, ['issuers', index, 'signing']));
  const [first, ...others] = own;
  if (first === undefined) refuseAccounts(draft);
  for (const index of others) {
    const message = `only one issuer can be our own: ${placeOf(draft, first ?? 0)} is`;
    draft.refuse(['issuers', index, 'signing'], message);
  }
}

/** Every instance opens the same keys, and Redis must not be able to: there is no file beside it to make a secret in. */
function refuseUnsealed(draft: Draft, written: readonly unknown[]): void {
  const store = draft.valueAt(['store']);
  if (!(isMap(store) || (typeof store === 'string' && isRedisUrl(store)))) return;
  for (const index of written.keys()) {
    const signing = ['issuers', index, 'signing'];
    const sealWith = [...signing, 'sealWith'];
    if (!isMap(draft.valueAt(signing)) || isMeant(draft, sealWith)) continue;
    draft.refuse(signing, 'with a Redis store, sealWith is required: the secret that its signing keys are sealed with');
  }
}

/** A new key must be known everywhere before it signs, by clocks that differ (`src/signing/key-life.ts` shares the time out). */
export function refuseHaste(
  draft: Draft,
  issuers: readonly IssuerConfig[] | undefined,
  clockSkewMs: number | undefined,
): void {
  const own = issuers?.find((issuer) => issuer.kind === 'signing');
  if (own === undefined || clockSkewMs === undefined) return;
  const leastSeconds = (5 * clockSkewMs) / 1000;
  if (own.signing.publishAheadSeconds >= leastSeconds) return;
  const written = draft.valueAt(['issuers']);
  const index = Array.isArray(written) ? written.findIndex((entry) => isMap(entry) && 'signing' in entry) : 0;
  const message = `must be at least 5 × clockSkew, which is ${leastSeconds}s: instances change over by their own clocks`;
  draft.refuse(['issuers', index, 'signing', 'publishAhead'], message);
}

function isMeant(draft: Draft, path: Path): boolean {
  return draft.valueAt(path) !== undefined || draft.isMisspelt(path);
}

function refuseAccounts(draft: Draft): void {
  const why = 'needs an issuer with signing: accounts and their tokens belong to it';
  if (draft.valueAt(['listen', 'tokens']) !== undefined) draft.refuse(['listen', 'tokens'], `the token service ${why}`);
  if (draft.valueAt(['basic', 'routes']) === true) draft.refuse(['basic', 'routes'], `Basic ${why}`);
}
