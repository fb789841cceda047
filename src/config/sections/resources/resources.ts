import * as z from 'zod';
import { list, quote } from '../../../lib/wording.ts';
import type { ResourceConfig } from '../../config.ts';
import type { Draft } from '../../reading/draft.ts';
import { isMap } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import { writtenIss } from '../issuers/iss-schema.ts';
import type { Catalogue } from '../scopes.ts';
import { requirementProblem } from '../scopes.ts';
import type { WrittenResource } from './resource-schema.ts';
import { resourceSchema } from './resource-schema.ts';

/** The well-known part of a metadata URL (RFC 9728, section 3). */
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** Reads the resources and returns the well-formed ones; `undefined` if there is no list. */
export function readResources(draft: Draft, catalogue: Catalogue | undefined): readonly ResourceConfig[] | undefined {
  const written = draft.read(['resources'], z.array(z.unknown()).prefault([]));
  if (written === undefined) return undefined;
  refuseRepeated(draft, written, 'name');
  refuseRepeated(draft, written, 'url');
  return written.flatMap((_, index) => readResource(draft, ['resources', index], catalogue) ?? []);
}

function readResource(draft: Draft, path: Path, catalogue: Catalogue | undefined): ResourceConfig | undefined {
  const written = draft.read(path, resourceSchema);
  if (written === undefined) return undefined;
  const { name, url, audience = [url], authorizationServers, scopes, documentation, title } = written;
  if (catalogue !== undefined) refuseScopes(draft, path, written, catalogue);
  warnOfStrangers(draft, path, authorizationServers);
  return { name, url, metadataUrl: metadataUrlOf(url), audience, authorizationServers, scopes, documentation, title };
}

/** The well-known part is inserted between the host and the path, of which a sole `/` is removed (RFC 9728, section 3.1). */
function metadataUrlOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${WELL_KNOWN}${pathname === '/' ? '' : pathname}`;
}

function refuseScopes(draft: Draft, path: Path, { scopes }: WrittenResource, catalogue: Catalogue): void {
  for (const [index, scope] of (scopes ?? []).entries()) {
    const problem = requirementProblem(scope, catalogue);
    if (problem !== undefined) draft.refuse([...path, 'scopes', index], problem);
  }
}

/** Two resources with one URL would have the same metadata. */
function refuseRepeated(draft: Draft, written: readonly unknown[], key: 'name' | 'url'): void {
  const first = new Map<string, number>();
  for (const [index, entry] of written.entries()) {
    const value = isMap(entry) ? entry[key] : undefined;
    if (typeof value !== 'string') continue;
    const existing = first.get(value);
    if (existing === undefined) first.set(value, index);
    else {
      const line = draft.lineOf(['resources', existing]);
      const place = `resources[${existing}] at line ${line}`;
      draft.refuse(['resources', index, key], `${quote(value)} is already the ${key} of ${place}`);
    }
  }
}

/** Warns of an authorization server whose tokens no issuer accepts. An issuer without `issuer` may accept any. */
function warnOfStrangers(draft: Draft, path: Path, servers: readonly string[]): void {
  const issuers = draft.valueAt(['issuers']);
  const known = (Array.isArray(issuers) ? issuers : []).flatMap((issuer: unknown) => writtenIss(issuer));
  if (known.some((issuer) => typeof issuer !== 'string')) return;
  for (const [index, server] of servers.entries()) {
    if (known.includes(server)) continue;
    const names = list([...new Set(known)].map((issuer) => quote(String(issuer)))) || 'none';
    draft.warn(
      [...path, 'authorizationServers', index],
      `no issuer accepts its tokens: expected the value of issuer of one of the issuers, ${names}`,
    );
  }
}

/** Returns the name of each resource, even of those with other faults; `undefined` if there is no list. */
export function resourceNames(draft: Draft): readonly unknown[] | undefined {
  const resources = draft.valueAt(['resources']) ?? [];
  if (!Array.isArray(resources)) return undefined;
  return resources.map((resource: unknown) => (isMap(resource) ? resource['name'] : undefined));
}
