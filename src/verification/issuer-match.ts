import type { IssuerConfig } from '../config/issuer-config.ts';
import type { JsonObject } from '../lib/json-object.ts';
import type { VerificationKey } from './keys.ts';

/** What the `issuer` of a key has in place of the tenant, as Microsoft writes it. */
const TENANT = '{tenantid}';

/**
 * Whether `iss` fits the issuer's profile: it is one of the profile's `issuer`. If the profile has none, `iss` must be
 * absent, or a value that no other issuer claims. An introspection response may always omit it.
 */
export function meetsIssuer(iss: unknown, profile: IssuerConfig): boolean {
  if (iss === undefined) return profile.issuer.length === 0 || profile.kind === 'introspection';
  if (typeof iss !== 'string') return false;
  if (profile.kind === 'signing' || profile.issuer.length > 0) return profile.issuer.includes(iss);
  return !profile.claimedByOthers.has(iss);
}

/** Whether the issuer's profile accepts one of the token's audiences; `aud` is a string or an array of strings. */
export function meetsAudience(payload: JsonObject, { audience }: Pick<IssuerConfig, 'audience'>): boolean {
  const audiences = audiencesIn(payload);
  if (audiences === undefined) return false;
  return audience === undefined || audience.some((accepted) => audiences.includes(accepted));
}

/** `undefined` if `aud` is neither a string nor an array of strings. */
export function audiencesIn({ aud }: JsonObject): readonly string[] | undefined {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : aud === undefined ? [] : [aud];
  return audiences.every((value) => typeof value === 'string') ? audiences : undefined;
}

/** The tenant that `iss` names at a multi-tenant issuer; `undefined` at any other. */
export function tenantOf({ iss }: JsonObject, issuer: IssuerConfig): string | undefined {
  const tenants = 'tenants' in issuer ? issuer.tenants : undefined;
  return typeof iss === 'string' ? tenants?.get(iss) : undefined;
}

/** Whether `tid` is the tenant that `iss` names. An issuer that is no multi-tenant one has no tenants. */
export function meetsTenant(payload: JsonObject, issuer: IssuerConfig): boolean {
  return tenantOf(payload, issuer) === undefined || tenantOf(payload, issuer) === payload['tid'];
}

/**
 * Whether a key of a multi-tenant issuer may sign for the tenant that `iss` names. The set holds keys for every tenant,
 * whose `issuer` is a template, and keys for a single one. A key without `issuer` may sign for all of them.
 */
export function maySignFor({ issuer: named }: VerificationKey, payload: JsonObject, issuer: IssuerConfig): boolean {
  const tenant = tenantOf(payload, issuer);
  if (tenant === undefined || named === undefined) return true;
  return tenantOf({ iss: named.replaceAll(TENANT, tenant) }, issuer) === tenant;
}
