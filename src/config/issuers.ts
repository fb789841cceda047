import * as z from 'zod';
import type { IssuerConfig } from './config.ts';
import type { Draft } from './draft.ts';
import { isMap } from './draft.ts';
import { readIssuer } from './issuer.ts';
import type { Path } from './problems.ts';
import type { Catalogue } from './scopes.ts';
import { quote } from './wording.ts';

/** The issuers that are well-formed; `undefined` where there is no list of them. */
export function readIssuers(draft: Draft, catalogue: Catalogue | undefined): readonly IssuerConfig[] | undefined {
  const written = draft.read(['issuers'], z.array(z.unknown()).prefault([]));
  if (written === undefined) return undefined;
  refuseRepeated(draft, written, 'name');
  refuseRepeated(draft, written, 'issuer');
  const issuers = written.flatMap((_, index) => readIssuer(draft, ['issuers', index], catalogue) ?? []);
  refuseSigning(draft, written);
  return issuers;
}

/** The names of the issuers as written, also of those with other faults; `undefined` where there is no list. */
export function issuerNames(draft: Draft): readonly string[] | undefined {
  const issuers = draft.valueAt(['issuers']) ?? [];
  if (!Array.isArray(issuers)) return undefined;
  return issuers.flatMap((issuer: unknown) =>
    isMap(issuer) && typeof issuer['name'] === 'string' ? [issuer['name']] : [],
  );
}

/** Tokens and revocation keys must lead to one issuer. */
function refuseRepeated(draft: Draft, written: readonly unknown[], key: 'name' | 'issuer'): void {
  const first = new Map<unknown, number>();
  for (const [index, entry] of written.entries()) {
    const value = isMap(entry) ? entry[key] : undefined;
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
  const own = [...written.keys()].filter((index) => isOwn(draft, ['issuers', index, 'signing']));
  const [first, ...others] = own;
  if (first === undefined) refuseAccounts(draft);
  for (const index of others) {
    const message = `only one issuer can be our own: ${placeOf(draft, first ?? 0)} is`;
    draft.refuse(['issuers', index, 'signing'], message);
  }
}

function isOwn(draft: Draft, signing: Path): boolean {
  return draft.valueAt(signing) !== undefined || draft.isMisspelt(signing);
}

function refuseAccounts(draft: Draft): void {
  const why = 'needs an issuer with signing: accounts and their tokens belong to it';
  if (draft.valueAt(['listen', 'tokens']) !== undefined) draft.refuse(['listen', 'tokens'], `the token service ${why}`);
  if (draft.valueAt(['basic', 'routes']) === true) draft.refuse(['basic', 'routes'], `Basic ${why}`);
}
