import * as z from 'zod';
import { list } from '../../../lib/wording.ts';
import type {
  DiscoveryIssuer,
  IntrospectionIssuer,
  IssuerConfig,
  JwksIssuer,
  KeysIssuer,
  OwnIssuer,
  SecretsIssuer,
} from '../../issuer-config.ts';
import { SIGNING_ALGORITHMS } from '../../issuer-config.ts';
import { readClaimConditions } from '../../reading/claim-conditions.ts';
import type { Draft } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import { readSecret, readTextSecret } from '../../reading/secrets.ts';
import type { Catalogue } from '../scopes.ts';
import { grantProblem } from '../scopes.ts';
import { readTenants, refuseMetadataOf, refuseTemplates } from './iss-schema.ts';
import { ISSUER_KINDS } from './issuer-schema.ts';
import { readAccess } from './key-server.ts';
import { readKeySource } from './key-source.ts';
import { readScopeMap } from './scope-map.ts';

type Kind = keyof typeof ISSUER_KINDS;
type Written<K extends Kind> = z.output<(typeof ISSUER_KINDS)[K]>;
type WrittenForeign = Written<Exclude<Kind, 'signing'>>;

const KINDS: readonly Kind[] = ['signing', 'jwks', 'discovery', 'secrets', 'introspection'];
const KNOWN_KEYS = [...new Set(KINDS.flatMap((kind) => Object.keys(ISSUER_KINDS[kind].shape)))];

const MIN_SEAL_BYTES = 16;

/** The size of the hash, in bytes (RFC 7518, section 3.2). */
const HMAC_BYTES = { HS256: 32, HS384: 48, HS512: 64 } as const;

/** Reads the issuer at `path`. Adds problems and returns `undefined` if it is not well-formed. */
export function readIssuer(draft: Draft, path: Path, catalogue: Catalogue | undefined): IssuerConfig | undefined {
  switch (kindOf(draft, path)) {
    case 'signing':
      return readSigning(draft, path);
    case 'jwks':
      return readJwks(draft, path, catalogue);
    case 'discovery':
      return readDiscovery(draft, path, catalogue);
    case 'secrets':
      return readSecrets(draft, path, catalogue);
    case 'introspection':
      return readIntrospection(draft, path, catalogue);
    case undefined:
      return undefined;
  }
}

/** Returns the kind of an issuer. Adds a problem and returns `undefined` if it is unclear; its values are then not judged. */
function kindOf(draft: Draft, path: Path): Kind | undefined {
  const written = draft.read(path, z.looseObject({}));
  if (written === undefined) return undefined;
  const kinds = KINDS.filter((kind) => Object.hasOwn(written, kind));
  if (kinds.length === 1) return kinds[0];
  const unknown = Object.keys(written).filter((key) => !KNOWN_KEYS.includes(key));
  const meant = unknown.map((key) => draft.refuseUnknownKey(path, key, KNOWN_KEYS));
  const found = [...kinds, ...KINDS.filter((kind) => meant.includes(kind))];
  if (found.length !== 1) {
    draft.refuse(path, `expected exactly one of ${list(KINDS, 'and')}, found ${list(found, 'and') || 'none'}`);
  }
  return undefined;
}

function readSigning(draft: Draft, path: Path): OwnIssuer | undefined {
  const written = draft.read(path, ISSUER_KINDS.signing);
  if (written === undefined) return undefined;
  const { name, issuer, signing, ttl } = written;
  refuseTemplates(draft, path, issuer);
  if (ttl.default > ttl.max) draft.refuse([...path, 'ttl'], 'default must not exceed max');
  const { algorithm, sealWith, publishAhead: publishAheadSeconds } = signing;
  return {
    kind: 'signing',
    name,
    issuer,
    audience: audienceOf(written.audience),
    // Each of our keys has one algorithm and verifies no other, and a rotation may change it.
    algorithms: SIGNING_ALGORITHMS,
    signing: {
      algorithm,
      sealWith: sealWith && readSecret(draft, [...path, 'signing', 'sealWith'], sealWith, MIN_SEAL_BYTES, 'sealWith'),
      publishAheadSeconds,
    },
    ttl: { defaultSeconds: ttl.default, maxSeconds: ttl.max, privateMaxSeconds: ttl.privateMax },
  };
}

function readJwks(draft: Draft, path: Path, catalogue: Catalogue | undefined): JwksIssuer | KeysIssuer | undefined {
  const written = draft.read(path, ISSUER_KINDS.jwks);
  if (written === undefined) return undefined;
  const { algorithms, maxStale: maxStaleMs } = written;
  const source = readKeySource(draft, path, written.jwks, algorithms);
  const foreign = { ...readForeign(draft, path, written, catalogue), ...readTenants(draft, path, written) };
  if (source === undefined) return undefined;
  if ('keySet' in source) return { kind: 'keys', ...foreign, algorithms, ...source };
  return { kind: 'jwks', ...foreign, algorithms, ...source, maxStaleMs };
}

function readDiscovery(draft: Draft, path: Path, catalogue: Catalogue | undefined): DiscoveryIssuer | undefined {
  const written = draft.read(path, ISSUER_KINDS.discovery);
  if (written === undefined) return undefined;
  const { algorithms, maxStale: maxStaleMs } = written;
  const [metadataIssuer] = written.issuer;
  const at = [...path, 'discovery'];
  const { url: metadata, ...keys } = typeof written.discovery === 'boolean' ? {} : written.discovery;
  if (metadata === undefined && refuseMetadataOf(draft, at, metadataIssuer)) return undefined;
  const named =
    metadata === undefined
      ? { url: new URL(metadataIssuer), urlPath: [...path, 'issuer'] }
      : { url: metadata, urlPath: [...at, 'url'] };
  const access = readAccess(draft, at, keys, named);
  const foreign = readForeign(draft, path, written, catalogue);
  const iss = readTenants(draft, path, written);
  return { kind: 'discovery', ...foreign, ...iss, metadataIssuer, algorithms, metadata, access, maxStaleMs };
}

function readSecrets(draft: Draft, path: Path, catalogue: Catalogue | undefined): SecretsIssuer | undefined {
  const written = draft.read(path, ISSUER_KINDS.secrets);
  if (written === undefined) return undefined;
  const foreign = readForeign(draft, path, written, catalogue);
  refuseTemplates(draft, path, foreign.issuer);
  if ((written.issuer ?? foreign.requireSubject ?? foreign.audience) === undefined) {
    draft.refuse(
      path,
      "without issuer, expected requireSubject or an audience other than 'any': otherwise it would match every token",
    );
  }
  const largest = written.algorithms.toSorted().at(-1) ?? 'HS512';
  const secrets = written.secrets.flatMap(
    (reference, index) => readSecret(draft, [...path, 'secrets', index], reference, HMAC_BYTES[largest], largest) ?? [],
  );
  return { kind: 'secrets', ...foreign, algorithms: written.algorithms, secrets };
}

function readIntrospection(
  draft: Draft,
  path: Path,
  catalogue: Catalogue | undefined,
): IntrospectionIssuer | undefined {
  const written = draft.read(path, ISSUER_KINDS.introspection);
  if (written === undefined) return undefined;
  const foreign = readForeign(draft, path, written, catalogue);
  refuseTemplates(draft, path, foreign.issuer);
  const { url, clientId, clientSecret: reference, clientAuth, cache: cacheMs } = written.introspection;
  const clientSecret = readTextSecret(draft, [...path, 'introspection', 'clientSecret'], reference, 'clientSecret');
  if (clientSecret === undefined) return undefined;
  // Every response says anew whether the token is active.
  const requireExpiry = written.requireExpiry ?? false;
  const introspection = { url, clientId, clientSecret, clientAuth, cacheMs };
  return { kind: 'introspection', ...foreign, requireExpiry, introspection };
}

function readForeign(draft: Draft, path: Path, written: WrittenForeign, catalogue: Catalogue | undefined) {
  const { name, issuer, bound, requireSubject, subjectClaim, scopeClaim, grant } = written;
  const allowScopes = new Set(written.allowScopes ?? catalogue?.keys());
  if (catalogue !== undefined) {
    refuseUngrantable(draft, [...path, 'allowScopes'], written.allowScopes ?? [], catalogue);
    refuseUngrantable(draft, [...path, 'grant'], grant ?? [], catalogue);
  }
  const mapAt = [...path, 'scopeMap'];
  if (grant !== undefined && written.scopeMap !== undefined) {
    draft.refuse(mapAt, "has no effect beside grant, which replaces the token's own scopes: remove one of them");
  }
  if (grant !== undefined && scopeClaim !== undefined) {
    draft.warn([...path, 'scopeClaim'], "has no effect beside grant, which replaces the token's own scopes");
  }
  return {
    name,
    issuer: issuer ?? [],
    // Filled in once all issuers are read.
    claimedByOthers: new Set<string>(),
    audience: audienceOf(written.audience),
    require: readClaimConditions(draft, [...path, 'require'], written.require),
    bound,
    requireSubject,
    requireExpiry: written.requireExpiry ?? issuer !== undefined,
    subjectClaim,
    scopeClaim,
    scopeMap: readScopeMap(draft, mapAt, { catalogue, allowScopes }),
    allowScopes,
    grant,
  };
}

function refuseUngrantable(draft: Draft, path: Path, scopes: readonly string[], catalogue: Catalogue): void {
  for (const [index, scope] of scopes.entries()) {
    const problem = grantProblem(scope, catalogue);
    if (problem !== undefined) draft.refuse([...path, index], problem);
  }
}

function audienceOf(written: readonly string[] | undefined): readonly string[] | undefined {
  return written?.[0] === 'any' ? undefined : written;
}
