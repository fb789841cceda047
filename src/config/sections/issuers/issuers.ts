import * as z from 'zod';
import { quote } from '../../../lib/wording.ts';
import type { IssuerConfig } from '../../issuer-config.ts';
import type { Draft } from '../../reading/draft.ts';
import { isMap } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import { isRedisUrl } from '../redis-url.ts';
import type { Catalogue } from '../scopes.ts';
import { readIssuer } from './issuer.ts';
import { refuseSharedIss } from './shared-iss.ts';

/** Reads the issuers and returns the well-formed ones; `undefined` if there is no list. */
export function readIssuers(draft: Draft, catalogue: Catalogue | undefined): readonly IssuerConfig[] | undefined {
  const written = draft.read(['issuers'], z.array(z.unknown()).prefault([]));
  if (written === undefined) return undefined;
  refuseRepeatedNames(draft, written);
  const read = written.map((_, index) => readIssuer(draft, ['issuers', index], catalogue));
  refuseSharedIss(draft, read);
  const issuers = read.filter((issuer) => issuer !== undefined);
  refuseSigning(draft, written);
  refuseUnsealed(draft, written);
  return issuers.map((issuer) => withOthers(issuer, issuers));
}

function withOthers(issuer: IssuerConfig, all: readonly IssuerConfig[]): IssuerConfig {
  if (issuer.kind === 'signing') return issuer;
  const others = all.flatMap((other) => (other === issuer ? [] : other.issuer));
  return { ...issuer, claimedByOthers: new Set(others) };
}

/** Returns the names of the issuers, even of those with other faults; `undefined` if there is no list. */
export function issuerNames(draft: Draft): readonly string[] | undefined {
  const issuers = draft.valueAt(['issuers']) ?? [];
  if (!Array.isArray(issuers)) return undefined;
  return issuers.flatMap((issuer: unknown) =>
    isMap(issuer) && typeof issuer['name'] === 'string' ? [issuer['name']] : [],
  );
}

/** Refuses a repeated name, since a revocation key must lead to one issuer. */
function refuseRepeatedNames(draft: Draft, written: readonly unknown[]): void {
  const first = new Map<string, number>();
  for (const [index, entry] of written.entries()) {
    const name = isMap(entry) ? entry['name'] : undefined;
    if (typeof name !== 'string') continue;
    const existing = first.get(name);
    if (existing === undefined) first.set(name, index);
    else draft.refuse(['issuers', index, 'name'], `${quote(name)} is already the name of ${placeOf(draft, existing)}`);
  }
}

function placeOf(draft: Draft, index: number): string {
  return `issuers[${index}] at line ${draft.lineOf(['issuers', index])}`;
}

/** Refuses a second issuer with `signing`: accounts belong to the one that is our own. */
function refuseSigning(draft: Draft, written: readonly unknown[]): void {
  const own = [...written.keys()].filter((index) => isMeant(draft, ['issuers', index, 'signing']));
  const [first, ...others] = own;
  if (first === undefined) refuseAccounts(draft);
  for (const index of others) {
    const message = `only one issuer may have signing: ${placeOf(draft, first ?? 0)} has it`;
    draft.refuse(['issuers', index, 'signing'], message);
  }
}

/**
 * Refuses a Redis store without `sealWith`. All instances must be able to open the keys and Redis must not, so the secret
 * cannot be generated as it is for SQLite.
 */
function refuseUnsealed(draft: Draft, written: readonly unknown[]): void {
  const store = draft.valueAt(['store']);
  if (!(isMap(store) || (typeof store === 'string' && isRedisUrl(store)))) return;
  for (const index of written.keys()) {
    const signing = ['issuers', index, 'signing'];
    const sealWith = [...signing, 'sealWith'];
    if (!isMap(draft.valueAt(signing)) || isMeant(draft, sealWith)) continue;
    draft.refuse(signing, 'a Redis store requires sealWith: the secret that seals the signing keys');
  }
}

/** Refuses a `publishAhead` in which a new key may not reach every verifier before it signs (`src/signing/key-life.ts`). */
export function refuseShortPublishAhead(
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
  const message = `must be at least 5 × clockSkew (${leastSeconds}s): each instance switches keys by its own clock`;
  draft.refuse(['issuers', index, 'signing', 'publishAhead'], message);
}

function isMeant(draft: Draft, path: Path): boolean {
  return draft.valueAt(path) !== undefined || draft.isMisspelt(path);
}

function refuseAccounts(draft: Draft): void {
  const why = 'needs an issuer with signing: accounts and their tokens belong to it';
  const resources = draft.valueAt(['resources']);
  const servesMetadata = Array.isArray(resources) && resources.length > 0;
  if (draft.valueAt(['listen', 'tokens']) !== undefined && !servesMetadata) {
    draft.refuse(['listen', 'tokens'], `the token service ${why}; add one, or leave listen.tokens out`);
  }
  if (draft.valueAt(['basic', 'routes']) === true) draft.refuse(['basic', 'routes'], `Basic ${why}`);
}
