import * as z from 'zod';
import { kindOf } from '../../lib/wording.ts';
import { DEFAULT_TOKEN_LENGTH } from '../config.ts';
import { isAddressRange, parseAddress } from '../reading/addresses.ts';
import { pemPath } from '../reading/pem-path.ts';
import { distinct, expected, parsed, text } from '../reading/shape.ts';
import { instant, milliseconds, seconds } from '../reading/times.ts';
import { headerProblem } from './headers.ts';
import { issuerSchema } from './issuer-schema.ts';
import { hostProblem, routeSchema } from './route-schema.ts';
import { storeSchema } from './store-schema.ts';

const address = parsed("an address such as '127.0.0.1:9191', '[::1]:9191' or 'unix:/path'", parseAddress);

const tls = z.strictObject({
  cert: pemPath('the certificate chain').describe('PEM file with the certificate chain of this listener'),
  key: pemPath('the private key').describe('PEM file with the private key of `cert`'),
  clientCa: pemPath("the clients' CA")
    .optional()
    .describe('PEM file with the CA whose client certificates are required; without it clients are not asked for one'),
});

const listenerMap = {
  address: address.describe('host:port, [IPv6]:port or unix:path'),
  tls: tls.optional().describe('Serve TLS; in the clear without it'),
  insecure: z
    .boolean()
    .prefault(false)
    .describe('Accept that anybody who reaches this listener may ask: no client certificates beyond loopback'),
};

const LISTENER = "an address such as '127.0.0.1:9191', or a map with address, tls and insecure";
const listener = z.union([address, z.strictObject(listenerMap)], { error: expected(LISTENER) });

const adminListener = z.union(
  [
    address,
    z.strictObject({
      ...listenerMap,
      hosts: distinct(text('a host name', hostProblem), 'a list of host names')
        .optional()
        .describe(
          'Names with a dot, or *.name, by which it is reached. IP addresses, names without a dot and the host of `address` need no entry',
        ),
    }),
  ],
  { error: expected(LISTENER) },
);

/** A scope's name: `messages:send`. */
export const SCOPE_NAME = /^[a-z][a-z0-9_-]*:[a-z][a-z0-9_-]*$/;

/** One entry of the catalogue. */
export const scopeSchema = z.strictObject(
  {
    description: text('a text').optional().describe('What the scope lets its holder do, for people'),
    maxTtl: seconds('1s', '3650d').optional().describe('Longest life of a token of ours that carries this scope'),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type' ? `expected a map, {} at least, found ${kindOf(issue.input)}` : undefined,
  },
);

const header = (name: string) => text('the name of a header field', headerProblem).prefault(name);

const TOKEN_LIMIT = 'a whole number from 1024 to 65536';
const OUTAGE = 'deny, or a map with allowKnownFor';

/** The configuration file as it is written. What one value says about another is checked after it. */
export const fileSchema = z.strictObject({
  version: z.literal(1).describe('Version of this format'),
  listen: z
    .strictObject({
      extAuthz: listener.optional().describe('gRPC for Envoy: envoy.service.auth.v3.Authorization and grpc.health.v1'),
      tokens: listener.optional().describe('HTTP behind the gateway: the token service and the JWKS'),
      admin: adminListener.optional().describe('HTTP for those who watch: /metrics, /livez and /readyz'),
    })
    .describe('The doors. Leave one out to close it; extAuthz or tokens at least must be open'),
  store: storeSchema
    .prefault('sqlite:./sallyport.db')
    .describe('Where accounts, keys and revocations live: memory:, sqlite:PATH, redis://HOST, or a map for Redis'),
  clockSkew: milliseconds('0s', '5m')
    .prefault('30s')
    .describe('How far the clocks of issuers may be off: a duration, at most 5m'),
  timeouts: z
    .strictObject({
      decision: milliseconds('1ms', '60s').prefault('150ms').describe('Every decision is answered within this'),
      store: milliseconds('1ms', '60s').prefault('80ms').describe('Longest wait for one answer of the store'),
    })
    .prefault({})
    .describe('Time limits. What is not known by then is denied as unavailable'),
  trustedProxies: z
    .array(text('an IP address or a CIDR range', rangeProblem))
    .prefault(['127.0.0.0/8', '::1'])
    .describe("IP addresses and CIDR ranges of proxies whose word about the client's address counts, on every door"),
  scopes: z
    .record(z.string().regex(SCOPE_NAME), scopeSchema)
    .prefault({})
    .describe('The catalogue of scopes that may be asked for and that routes require'),
  issuers: z
    .array(issuerSchema)
    .prefault([])
    .describe('Whose tokens are taken. At most one of them is our own (signing)'),
  basic: z
    .strictObject({
      routes: z
        .boolean()
        .prefault(false)
        .describe('Routes take Basic credentials of accounts, unless they say otherwise'),
      sunset: instant().optional().describe('When routes stop taking Basic: a date (00:00 UTC) or a date and time'),
    })
    .prefault({})
    .describe('Basic as a fallback while clients migrate. Off unless written'),
  routes: z.array(routeSchema).describe('What may pass. A request that no route matches is denied'),
  shadow: z.boolean().prefault(false).describe('Every route decides and records, and lets pass without identity'),
  revocation: z
    .strictObject({
      maxStaleness: milliseconds('100ms', '60s')
        .prefault('1s')
        .describe('How old "not revoked" may be before the store must be asked: a duration from 100ms to 60s'),
      onOutage: z
        .union(
          [
            parsed(OUTAGE, (text) => (text === 'deny' ? ('deny' as const) : undefined)).meta({ const: 'deny' }),
            z.strictObject({
              allowKnownFor: milliseconds('1s', '1h').describe(
                'How long a token that was known not to be revoked may pass: a duration from 1s to 1h',
              ),
            }),
          ],
          { error: expected(OUTAGE) },
        )
        .prefault('deny')
        .describe('What happens while the revocation set cannot be read in time. allowKnownFor suspends the promise'),
    })
    .prefault({})
    .describe('The promise about revoked tokens'),
  limits: z
    .strictObject({
      token: z
        .int({ error: expected(TOKEN_LIMIT) })
        .min(1024, { error: expected(TOKEN_LIMIT) })
        .max(65_536, { error: expected(TOKEN_LIMIT) })
        .prefault(DEFAULT_TOKEN_LENGTH)
        .describe('Longest bearer token that is looked at, in characters: from 1024 to 65536. Longer ones are refused'),
    })
    .prefault({})
    .describe('Limits for what clients send'),
  shutdown: z
    .strictObject({
      delay: milliseconds('0s', '5m')
        .prefault('0s')
        .describe('How long to answer on while not ready, so that load balancers notice: a duration, at most 5m'),
      drain: milliseconds('0s', '5m')
        .prefault('10s')
        .describe('How long running requests may take to finish after that: a duration, at most 5m'),
    })
    .prefault({})
    .describe('How SIGTERM ends the process; a second signal ends it at once'),
  identity: z
    .strictObject({
      headers: z
        .strictObject({
          subject: header('x-auth-subject').describe('Header with the subject'),
          scopes: header('x-auth-scopes').describe('Header with the scopes'),
          tokenId: header('x-auth-token-id').describe('Header with the id of the token'),
          issuer: header('x-auth-issuer').describe('Header with the name of the issuer'),
          scheme: header('x-auth-scheme').describe('Header with the scheme of the credential'),
        })
        .prefault({})
        .describe('Names of the headers that tell upstreams who calls, lower-case'),
      forwardCredential: z.boolean().prefault(false).describe('Leave Authorization on requests to upstreams'),
      everySpelling: z
        .boolean()
        .prefault(false)
        .describe(
          'Remove every spelling of identity and override headers (x_auth_subject) from each request that passes, also where the gateway shows all headers. Without it, only where it hides :path',
        ),
    })
    .prefault({})
    .describe('What upstreams receive'),
  log: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
        .prefault('info')
        .describe('Least severe level that is logged. The audit log has no level'),
      passes: z
        .number({ error: expected('a number from 0 to 1') })
        .min(0, { error: expected('a number from 0 to 1') })
        .max(1, { error: expected('a number from 0 to 1') })
        .prefault(0)
        .describe('How many of the requests that pass are logged, from 0 to 1; of denials every one is'),
      audit: text('the path of a file')
        .optional()
        .describe('File for the audit log: who issued, revoked and reloaded. With the other logs unless written'),
    })
    .prefault({})
    .describe('The logs'),
});

function rangeProblem(range: string): string | undefined {
  return isAddressRange(range)
    ? undefined
    : expected("an IP address or a CIDR range such as '10.0.0.0/8'")({ input: range });
}
