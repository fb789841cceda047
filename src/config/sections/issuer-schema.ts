import * as z from 'zod';
import { describe, quote } from '../../lib/wording.ts';
import { CLIENT_AUTH, SIGNING_ALGORITHMS } from '../config.ts';
import { secretSchema } from '../reading/secret-schema.ts';
import { distinct, EMPTY, expected, text } from '../reading/shape.ts';
import { milliseconds, seconds } from '../reading/times.ts';
import { introspectionUrl, issuerUrl, keySetUrl } from './key-url-schema.ts';

const HMAC = ['HS256', 'HS384', 'HS512'] as const;
const PUBLIC_KEY = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
  'Ed25519',
] as const;

const NAME = /^[a-z0-9-]{1,63}$/;

const name = text('a name', (written) =>
  NAME.test(written) ? undefined : `expected 1 to 63 of a-z, 0-9 and '-', found ${describe(written)}`,
)
  .meta({ pattern: NAME.source })
  .describe('What revocation keys, logs and upstreams know the issuer by: a-z, 0-9 and -, unique');

const audience = z
  .union(
    [
      text('an audience'),
      distinct(text('an audience'), 'a list of audiences').check((ctx) => {
        const at = ctx.value.indexOf('any');
        const message = "'any' stands alone: write audience: any";
        if (at >= 0) ctx.issues.push({ code: 'custom', input: ctx.value, path: [at], message });
      }),
    ],
    { error: expected("an audience, a list of audiences, or 'any'") },
  )
  .transform((written) => (typeof written === 'string' ? [written] : written));

const scopeList = distinct(text('a scope'), 'a list of scopes');

/** The keys of issuers other than ourselves. */
const foreign = {
  name,
  audience: audience.describe("`aud` must hold one of these; 'any' takes every audience"),
  requireSubject: text('a subject').optional().describe('The one `sub` that is taken; any by default'),
  requireExpiry: z
    .boolean()
    .optional()
    .describe('Whether `exp` must be there; true by default, false for introspection and secrets without an issuer'),
  scopeClaim: text('the name of a claim', claimProblem)
    .optional()
    .describe('The one claim to read scopes from; the first of scopes, scope and scp by default'),
  allowScopes: scopeList.optional().describe("Scopes that its tokens may carry; the catalogue's by default"),
  grant: scopeList.optional().describe("Scopes that replace the token's own"),
};

/** A path of plain names; a claim whose own name has dots is usually a URL, as in `https://example.com/scopes`. */
const CLAIM_PATH = /^[\w-]+(?:\.[\w-]+)+$/;

function claimProblem(written: string): string | undefined {
  if (!CLAIM_PATH.test(written)) return undefined;
  return `${describe(written)} is a path, and only claims at the top of a token are read: let the issuer write the scopes into a claim of their own, such as 'scope'`;
}

const issuer = text('the value of `iss`');

const signing = z.strictObject({
  name,
  issuer: issuer.describe('`iss` of the tokens'),
  audience: audience.optional().describe("`aud` of the tokens; none by default, or by 'any'"),
  signing: z
    .strictObject({
      algorithm: z
        .enum(SIGNING_ALGORITHMS)
        .describe('JOSE name of the algorithm of new keys; `sallyport keys rotate` changes over to it'),
      sealWith: secretSchema
        .optional()
        .describe('Secret that signing keys are sealed with in the store, 16 bytes at least'),
      publishAhead: seconds('10s', '30d')
        .prefault('10m')
        .describe(
          'How long a new key is published before it signs, so that all who verify know it by then: from 10s to 30d, ' +
            '5 × clockSkew at least. Readers may keep the JWKS for half of it',
        ),
    })
    .describe('Our own tokens: the keys are made by us and live sealed in the store'),
  ttl: z
    .strictObject({
      default: seconds('1s', '3650d').prefault('24h').describe('Life of a token for which none was asked'),
      max: seconds('1s', '3650d').prefault('168h').describe('Longest life that may be asked for'),
      privateMax: seconds('1s', '3650d').prefault('8760h').describe('Longest life of a private token'),
    })
    .prefault({})
    .describe('Life of our tokens'),
});

/** The keys of issuers that publish theirs, above all where they are. */
function publishing<Issuer extends z.ZodType>(kind: 'jwks' | 'discovery', issuer: Issuer) {
  const advice = `does not go with ${kind}: a public key is no secret; use an algorithm with a key pair`;
  return {
    ...foreign,
    issuer,
    algorithms: distinct(
      z.enum(PUBLIC_KEY, {
        error: ({ input }) => (HMAC.some((name) => name === input) ? `${quote(String(input))} ${advice}` : undefined),
      }),
      'a list of algorithms',
    ).describe('JOSE names of the algorithms it may sign with'),
    maxStale: milliseconds('10m', '7d')
      .prefault('24h')
      .describe('How long its last good keys count while it cannot be asked: a duration from 10m to 7d'),
  };
}

const jwks = z.strictObject({
  ...publishing('jwks', issuer.describe('`iss` of its tokens')),
  jwks: keySetUrl.describe('https URL of its key set; http on loopback only'),
});

const discovery = z.strictObject({
  ...publishing(
    'discovery',
    issuerUrl.describe('`iss` of its tokens, and the https URL under which its metadata lies; http on loopback only'),
  ),
  discovery: z
    .literal(true)
    .describe('Its key set is where its metadata says: OpenID Connect Discovery 1.0, or RFC 8414'),
});

const secrets = z.strictObject({
  ...foreign,
  issuer: issuer.optional().describe('`iss` of its tokens; tokens that nobody else claims by default'),
  algorithms: distinct(
    z.enum(HMAC, {
      error: ({ input }) =>
        PUBLIC_KEY.some((name) => name === input)
          ? `${quote(String(input))} does not go with secrets: expected HS256, HS384 or HS512`
          : undefined,
    }),
    'a list of algorithms',
  ).describe('JOSE names of the algorithms it may sign with'),
  secrets: z
    .array(secretSchema, { error: 'expected a list of secrets such as [{ env: NAME }] or [{ file: PATH }]' })
    .min(1, { error: EMPTY })
    .describe('The shared secrets, more than one while rotating; as many bytes as the hash at least'),
});

const introspection = z.strictObject({
  ...foreign,
  issuer: issuer.optional().describe('`iss`, where the server says one; any by default'),
  introspection: z
    .strictObject({
      url: introspectionUrl.describe('https URL of its introspection endpoint; http on loopback only'),
      clientId: text('the client_id of Sallyport at this server').describe('The client_id of Sallyport at this server'),
      clientSecret: secretSchema.describe('The client_secret that goes with it'),
      clientAuth: z
        .enum(CLIENT_AUTH, { error: expected("'basic' or 'post'") })
        .prefault('basic')
        .describe('How both are sent: by HTTP Basic (client_secret_basic), or in the form (client_secret_post)'),
      cache: milliseconds('0s', '10s')
        .prefault('10s')
        .describe('How long an answer counts: a duration from 0s to 10s; 0s asks for every request anew'),
    })
    .describe('Opaque tokens: their server is asked about each (RFC 7662). It never sees a token of three parts'),
});

/** The schema of each kind of issuer, by the key that tells it. */
export const ISSUER_KINDS = { signing, jwks, discovery, secrets, introspection };

/** Any issuer. */
export const issuerSchema = z.union([signing, jwks, discovery, secrets, introspection]);
