import * as z from 'zod';
import { quote } from '../../../lib/wording.ts';
import type { Draft } from '../../reading/draft.ts';
import { isMap } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import { distinct, expected, text } from '../../reading/shape.ts';
import { issuerUrlProblem } from './key-url-schema.ts';

/** What a template has in place of the tenant, as Microsoft writes it. */
const TENANT = '{tenantid}';
const TENANT_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** One `iss` or more, in the order of the file. */
type IssList = readonly [string, ...string[]];

const iss = text('the value of `iss`', placeholderProblem);
const LIST = 'the value of `iss`, or a list of values';

/** The schema of `issuer`: one `iss` or several. */
export const issList = z.union([iss, distinct(iss, LIST)], { error: expected(LIST) }).transform(toList);

/** The same for an issuer with metadata, of which the first is the identifier and so a URL. */
export const issListOfMetadata = z
  .union([z.string(), distinct(iss, LIST)], { error: 'expected the https URL of the issuer' })
  .check((ctx) => {
    const [first] = [ctx.value].flat();
    if (first === undefined) return;
    const message = issuerUrlProblem(first) ?? placeholderProblem(first);
    const path = Array.isArray(ctx.value) ? [0] : [];
    if (message !== undefined) ctx.issues.push({ code: 'custom', input: first, path, message });
  })
  .transform(toList);

/** The schema of `tenants`: an allow list of a multi-tenant issuer. */
export const tenantsSchema = distinct(
  text('the id of a tenant', (written) =>
    TENANT_ID.test(written) ? undefined : `expected the id of a tenant, a GUID, found ${quote(written)}`,
  ).transform((written) => written.toLowerCase()),
  'a list of tenants',
).describe(
  'The tenants whose tokens are accepted, by their ids, for an `issuer` with `{tenantid}`. The claim `tid` must be the tenant in `iss`',
);

function placeholderProblem(written: string): string | undefined {
  const other = (written.match(/\{[^}]*\}/g) ?? []).find((placeholder) => placeholder !== TENANT);
  return other === undefined ? undefined : `unknown placeholder ${quote(other)}: expected ${TENANT}`;
}

function toList(written: string | readonly string[]): IssList {
  // The schema refuses an empty list.
  return [written].flat() as unknown as IssList;
}

/** Every `iss` of an issuer, and the tenant of each if it is a multi-tenant one. */
interface ReadIss {
  readonly issuer: IssList;
  readonly tenants: ReadonlyMap<string, string> | undefined;
}

/** Replaces the placeholder of each `iss` by every tenant. Adds a problem if a template and its tenants do not match. */
export function readTenants(
  draft: Draft,
  path: Path,
  { issuer, tenants }: { readonly issuer: IssList; readonly tenants?: readonly string[] | undefined },
): ReadIss {
  refuseTemplates(draft, path, tenants === undefined ? issuer : []);
  if (tenants === undefined) return { issuer, tenants };
  for (const [index, written] of issuer.entries()) {
    if (written.includes(TENANT)) continue;
    draft.refuse(issPath(draft, path, index), `expected ${TENANT} in it, since the issuer has tenants`);
  }
  const tenantOf = issuer.flatMap((template) =>
    tenants.map((tenant): [string, string] => [template.replaceAll(TENANT, tenant), tenant]),
  );
  return { issuer: toList(tenantOf.map(([one]) => one)), tenants: new Map(tenantOf) };
}

/** Refuses a template of an issuer without tenants: it would match no token. */
export function refuseTemplates(draft: Draft, path: Path, issuer: readonly string[]): void {
  for (const [index, written] of issuer.entries()) {
    if (!written.includes(TENANT)) continue;
    const message = `${TENANT} needs tenants: the ids of the tenants whose tokens are accepted, for an issuer with jwks or discovery`;
    draft.refuse(issPath(draft, path, index), message);
  }
}

/** Refuses metadata below a template: a template is no address. */
export function refuseMetadataOf(draft: Draft, path: Path, issuer: string): boolean {
  if (!issuer.includes(TENANT)) return false;
  const url = 'https://login.microsoftonline.com/organizations/v2.0/.well-known/openid-configuration';
  draft.refuse(path, `an issuer with ${TENANT} has no address: name its metadata, such as { url: ${url} }`);
  return true;
}

/** Every `iss` of an issuer as it is written, perhaps with faults; `undefined` in place of one that is not there. */
export function writtenIss(issuer: unknown): readonly unknown[] {
  if (!isMap(issuer)) return [undefined];
  const { issuer: iss, tenants } = issuer;
  return [iss].flat().flatMap((one: unknown) => {
    const isTemplate = typeof one === 'string' && one.includes(TENANT) && Array.isArray(tenants);
    return isTemplate ? tenants.map((tenant) => one.replaceAll(TENANT, String(tenant))) : [one];
  });
}

function issPath(draft: Draft, path: Path, index: number): Path {
  const at = [...path, 'issuer'];
  return Array.isArray(draft.valueAt(at)) ? [...at, index] : at;
}
