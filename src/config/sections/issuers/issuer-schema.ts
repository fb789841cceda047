import * as z from 'zod';
import { describe, quote } from '../../../lib/wording.ts';
import { CLIENT_AUTH, HMAC_ALGORITHMS, PUBLIC_KEY_ALGORITHMS, SIGNING_ALGORITHMS } from '../../issuer-config.ts';
import { boundSchema } from '../../reading/bound.ts';
import { claimConditions } from '../../reading/claim-conditions.ts';
import { secretSchema } from '../../reading/secret-schema.ts';
import { distinct, EMPTY, expected, text } from '../../reading/shape.ts';
import { milliseconds, seconds } from '../../reading/times.ts';
import { scopeClaimSchema, scopeMapSchema, subjectClaimSchema } from './claim-schemas.ts';
import { issList, issListOfMetadata, tenantsSchema } from './iss-schema.ts';
import { discoverySchema, jwksSchema } from './key-server.ts';
import { introspectionUrl } from './key-url-schema.ts';

const NAME = /^[a-z0-9-]{1,63}$/;

const name = text('a name', (written) =>
  NAME.test(written) ? undefined : `expected 1 to 63 of a-z, 0-9 and '-', found ${describe(written)}`,
)
  .meta({ pattern: NAME.source })
  .describe('Identifies the issuer in revocation keys, in logs and to upstreams: a-z, 0-9 and -, unique');

const audience = z
  .union(
    [
      text('an audience'),
      distinct(text('an audience'), 'a list of audiences').check((ctx) => {
        const at = ctx.value.indexOf('any');
        const message = "'any' cannot be combined with other audiences: write audience: any";
        if (at >= 0) ctx.issues.push({ code: 'custom', input: ctx.value, path: [at], message });
      }),
    ],
    { error: expected("an audience, a list of audiences, or 'any'") },
  )
  .transform((written) => (typeof written === 'string' ? [written] : written));

const scopeList = distinct(text('a scope'), 'a list of scopes');

/** The keys that all issuers have, except our own. */
const foreign = {
  name,
  audience: audience.describe("`aud` must contain one of these; 'any' accepts every audience"),
  bound: boundSchema
    .optional()
    .describe(
      'Accept only tokens that are bound to their client: to its certificate (mtls), to a key of it (dpop), or to either (any). By default, tokens may be bound or not',
    ),
  requireSubject: text('a subject', patternProblem).optional().describe('The only accepted subject; any by default'),
  require: claimConditions
    .optional()
    .describe(
      'Conditions on claims, all of which its tokens must meet: a value, a list of values, or one of { equals }, { oneOf }, { prefix }, { contains } and { present: true }',
    ),
  requireExpiry: z
    .boolean()
    .optional()
    .describe('Whether `exp` is required; true by default, false for introspection and for secrets without `issuer`'),
  subjectClaim: subjectClaimSchema
    .optional()
    .describe(
      'The claim with the subject, or a list: the first that is present counts. By default sub, then client_id, then azp; for JWTs with requireSubject, sub alone',
    ),
  scopeClaim: scopeClaimSchema
    .optional()
    .describe(
      'The claim with the scopes, or a list whose words are united; by default, the first of scopes, scope and scp that is present',
    ),
  scopeMap: scopeMapSchema
    .optional()
    .describe(
      'What a word of these claims grants: a scope or a list of scopes. Other words are scopes of allowScopes, or are dropped',
    ),
  allowScopes: scopeList.optional().describe('Scopes that its tokens may have; those of the catalogue by default'),
  grant: scopeList.optional().describe("Scopes that replace the token's own"),
};

/** Characters of patterns that no subject has: a wildcard, and the anchors of regular expressions. */
const PATTERN = /\*|^\^|\$$/;

/** A subject is compared character by character, so that a pattern would match no token. */
function patternProblem(written: string): string | undefined {
  if (!PATTERN.test(written)) return undefined;
  const [, start = ''] = /^([^*^$]+)\*$/.exec(written) ?? [];
  const advice = `require: { sub: { prefix: ${quote(start === '' ? '...' : start)} } }`;
  return `${quote(written)} looks like a pattern, but a subject is compared character by character: write ${advice}`;
}

const signing = z.strictObject({
  name,
  issuer: issList.describe('`iss` of the tokens. Of a list, new tokens have the first, and all are accepted'),
  audience: audience.optional().describe("`aud` of the tokens; none by default or with 'any'"),
  signing: z
    .strictObject({
      algorithm: z
        .enum(SIGNING_ALGORITHMS)
        .describe('JOSE name of the algorithm of new keys; `sallyport keys rotate` switches to it'),
      sealWith: secretSchema.optional().describe('Secret that seals the signing keys in the store, at least 16 bytes'),
      publishAhead: seconds('10s', '30d')
        .prefault('10m')
        .describe(
          'How long a new key is published before it signs, so that every verifier knows it by then: from 10s to 30d, ' +
            'at least 5 × clockSkew. Clients may cache the JWKS for half of it',
        ),
    })
    .describe('Our own tokens: Sallyport creates the keys and stores them sealed'),
  ttl: z
    .strictObject({
      default: seconds('1s', '3650d').prefault('24h').describe('Lifetime of a token if the request gives none'),
      max: seconds('1s', '3650d').prefault('168h').describe('Longest lifetime that may be requested'),
      privateMax: seconds('1s', '3650d').prefault('8760h').describe('Longest lifetime of a private token'),
    })
    .prefault({})
    .describe('Lifetimes of our tokens'),
});

/** The keys of issuers that publish a key set. */
function publishing<Issuer extends z.ZodType>(kind: 'jwks' | 'discovery', issuer: Issuer) {
  const advice = `cannot be used with ${kind}: it needs a shared secret; use an algorithm with a key pair`;
  return {
    ...foreign,
    issuer,
    tenants: tenantsSchema.optional(),
    algorithms: distinct(
      z.enum(PUBLIC_KEY_ALGORITHMS, {
        error: ({ input }) =>
          HMAC_ALGORITHMS.some((name) => name === input) ? `${quote(String(input))} ${advice}` : undefined,
      }),
      'a list of algorithms',
    ).describe('JOSE names of the permitted signature algorithms'),
    maxStale: milliseconds('10m', '7d')
      .prefault('24h')
      .describe('How long its last key set stays valid while it cannot be fetched: a duration from 10m to 7d'),
  };
}

const jwks = z.strictObject({
  ...publishing('jwks', issList.describe('`iss` of its tokens, or a list of those that one key set serves')),
  jwks: jwksSchema.describe(
    'https URL of its key set; http on loopback only. A map, if its server requires credentials or has a CA of its own',
  ),
});

const discovery = z.strictObject({
  ...publishing(
    'discovery',
    issListOfMetadata.describe(
      '`iss` of its tokens, and the https URL of its metadata; http on loopback only. Of a list, the first is the one of its metadata',
    ),
  ),
  discovery: discoverySchema.describe(
    'Take the URL of its key set from its metadata (OpenID Connect Discovery 1.0, RFC 8414). A map, if its server requires credentials or has a CA of its own',
  ),
});

const secrets = z.strictObject({
  ...foreign,
  issuer: issList
    .optional()
    .describe('`iss` of its tokens, or a list; by default, any `iss` that no other issuer claims'),
  algorithms: distinct(
    z.enum(HMAC_ALGORITHMS, {
      error: ({ input }) =>
        PUBLIC_KEY_ALGORITHMS.some((name) => name === input)
          ? `${quote(String(input))} cannot be used with secrets: expected HS256, HS384 or HS512`
          : undefined,
    }),
    'a list of algorithms',
  ).describe('JOSE names of the permitted signature algorithms'),
  secrets: z
    .array(secretSchema, { error: 'expected a list of secrets such as [{ env: NAME }] or [{ file: PATH }]' })
    .min(1, { error: EMPTY })
    .describe('The shared secrets, more than one during a rotation; each at least as long as the hash'),
});

const introspection = z.strictObject({
  ...foreign,
  issuer: issList.optional().describe('`iss`, or a list, if the response contains one; any by default'),
  introspection: z
    .strictObject({
      url: introspectionUrl.describe('https URL of its introspection endpoint; http on loopback only'),
      clientId: text('the client_id of Sallyport at this server').describe('The client_id of Sallyport at this server'),
      clientSecret: secretSchema.describe('The client_secret for this client_id'),
      clientAuth: z
        .enum(CLIENT_AUTH, { error: expected("'basic' or 'post'") })
        .prefault('basic')
        .describe('How they are sent: by HTTP Basic (client_secret_basic), or in the form (client_secret_post)'),
      cache: milliseconds('0s', '10s')
        .prefault('10s')
        .describe('How long a response is cached: a duration from 0s to 10s; 0s introspects for every request'),
    })
    .describe('Opaque tokens, which their server introspects (RFC 7662). A token with three parts is never sent to it'),
});

/** The schema of each kind of issuer, by the key that identifies the kind. */
export const ISSUER_KINDS = { signing, jwks, discovery, secrets, introspection };

/** The schema of an issuer of any kind. */
export const issuerSchema = z.union([signing, jwks, discovery, secrets, introspection]);
