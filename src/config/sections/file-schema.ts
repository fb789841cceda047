import * as z from 'zod';
import { kindOf } from '../../lib/wording.ts';
import { DEFAULT_TOKEN_LENGTH } from '../config.ts';
import { isAddressRange } from '../reading/addresses.ts';
import { distinct, expected, parsed, text } from '../reading/shape.ts';
import { instant, milliseconds, seconds } from '../reading/times.ts';
import { apiKeysSchema } from './api-keys/api-keys-schema.ts';
import { corsSchema } from './cors/cors-schema.ts';
import { decisionPointsSchema } from './decision-points/decision-point-schema.ts';
import { dpopSchema } from './dpop/dpop-schema.ts';
import { identitySchema } from './identity/identity-schema.ts';
import { includeEntrySchema } from './include/include-schema.ts';
import { issuerSchema } from './issuers/issuer-schema.ts';
import { decisionPointUrl } from './issuers/key-url-schema.ts';
import { listenersSchema } from './listeners/listeners-schema.ts';
import { refreshTokensSchema } from './refresh-tokens/refresh-tokens-schema.ts';
import { resourceSchema } from './resources/resource-schema.ts';
import { routeSchema } from './routes/route-schema.ts';
import { storeSchema } from './store-schema.ts';
import { telemetrySchema } from './telemetry/telemetry-schema.ts';
import { workersSchema } from './workers/workers-schema.ts';

/** The name of a scope, such as `messages:send`. */
export const SCOPE_NAME = /^[a-z][a-z0-9_-]*:[a-z][a-z0-9_-]*$/;

/** The schema of an entry of the catalogue. */
export const scopeSchema = z.strictObject(
  {
    description: text('a string').optional().describe('What the scope permits, for people'),
    maxTtl: seconds('1s', '3650d').optional().describe('Longest lifetime of one of our tokens with this scope'),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type' ? `expected a map such as {}, found ${kindOf(issue.input)}` : undefined,
  },
);

const TOKEN_LIMIT = 'a whole number from 1024 to 65536';
const OUTAGE = 'deny, or a map with allowKnownFor';

/** The schema of the configuration file. Relations between values are checked after it. */
export const fileSchema = z.strictObject({
  version: z.literal(1).describe('Version of the file format'),
  include: z
    .array(includeEntrySchema)
    .prefault([])
    .describe('Further files of routes and scopes, so that teams own their files'),
  listen: listenersSchema.describe('The listeners. Leave one out to close it; at least one besides admin is required'),
  workers: workersSchema,
  store: storeSchema
    .prefault('sqlite:./sallyport.db')
    .describe(
      'Where accounts, keys and revocations are stored: memory:, sqlite:PATH, redis://HOST, or a map for Redis',
    ),
  clockSkew: milliseconds('0s', '5m')
    .prefault('30s')
    .describe('How far the clocks of issuers may be off: a duration up to 5m'),
  timeouts: z
    .strictObject({
      decision: milliseconds('1ms', '60s').prefault('150ms').describe('Longest duration of a decision'),
      store: milliseconds('1ms', '60s').prefault('80ms').describe('Longest wait for one response of the store'),
    })
    .prefault({})
    .describe('Time limits. A request that cannot be decided by then is denied as unavailable'),
  trustedProxies: z
    .array(text('an IP address or a CIDR range', rangeProblem))
    .prefault(['127.0.0.0/8', '::1'])
    .describe(
      "IP addresses and CIDR ranges of the proxies that may report the client's address, on every listener, and of the gateways that may ask at /auth",
    ),
  scopes: z
    .record(z.string().regex(SCOPE_NAME), scopeSchema)
    .prefault({})
    .describe('The catalogue: the scopes that clients may request and routes may require'),
  issuers: z
    .array(issuerSchema)
    .prefault([])
    .describe('The issuers whose tokens are accepted. At most one of them is our own (signing)'),
  resources: z
    .array(resourceSchema)
    .prefault([])
    .describe('Protected resources, such as MCP servers, whose metadata clients may read (RFC 9728)'),
  decisionPoints: decisionPointsSchema.describe(
    'Policy decision points that speak AuthZEN 1.0, by name, for `authzen` in `where` of a route',
  ),
  basic: z
    .strictObject({
      routes: z.boolean().prefault(false).describe('Whether routes accept Basic credentials of accounts by default'),
      sunset: instant().optional().describe('When routes stop accepting Basic: a date (00:00 UTC), or a date and time'),
    })
    .prefault({})
    .describe('Basic as a fallback while clients migrate; off by default'),
  routes: z.array(routeSchema).describe('The rules for requests. A request that matches no route is denied'),
  shadow: z
    .boolean()
    .prefault(false)
    .describe('Shadow mode for every route: denials are recorded, and every request passes without identity'),
  dpop: dpopSchema
    .optional()
    .describe('Accept tokens that are bound to a key of their client, with a proof for each request (DPoP: RFC 9449)'),
  revocation: z
    .strictObject({
      maxStaleness: milliseconds('100ms', '60s')
        .prefault('1s')
        .describe('How old "not revoked" may be before it is read again: a duration from 100ms to 60s'),
      keep: milliseconds('0s', '60s')
        .prefault('0s')
        .describe(
          'The longest time for which a gateway or another caller may keep an allow, at most maxStaleness. 0s: it asks each time',
        ),
      onOutage: z
        .union(
          [
            parsed(OUTAGE, (text) => (text === 'deny' ? ('deny' as const) : undefined)).meta({ const: 'deny' }),
            z.strictObject({
              allowKnownFor: milliseconds('1s', '1h').describe(
                'How long a token passes that was last known not to be revoked: a duration from 1s to 1h',
              ),
            }),
          ],
          { error: expected(OUTAGE) },
        )
        .prefault('deny')
        .describe(
          'What happens while the revocation set cannot be read in time. allowKnownFor suspends the promise for that long',
        ),
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
        .describe('Longest bearer token that is accepted, in characters: from 1024 to 65536'),
    })
    .prefault({})
    .describe('Limits for requests'),
  shutdown: z
    .strictObject({
      delay: milliseconds('0s', '5m')
        .prefault('0s')
        .describe('How long to keep answering while not ready, so that load balancers notice: a duration up to 5m'),
      drain: milliseconds('0s', '5m')
        .prefault('10s')
        .describe('How long pending requests may then take to finish: a duration up to 5m'),
    })
    .prefault({})
    .describe('How SIGTERM stops the process; a second signal stops it at once'),
  identity: identitySchema,
  log: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
        .prefault('info')
        .describe('Lowest level that is logged. It does not apply to the audit log'),
      passes: z
        .number({ error: expected('a number from 0 to 1') })
        .min(0, { error: expected('a number from 0 to 1') })
        .max(1, { error: expected('a number from 0 to 1') })
        .prefault(0)
        .describe('Share of the allowed requests that are logged, from 0 to 1; every denial is logged'),
      audit: text('the path of a file')
        .optional()
        .describe(
          'File of the audit log, which records who issued, revoked and reloaded; by default, with the other logs',
        ),
    })
    .prefault({})
    .describe('The logs'),
  authzen: z
    .strictObject({
      url: decisionPointUrl
        .optional()
        .describe(
          'URL of this policy decision point in /.well-known/authzen-configuration; by default, as the request names it',
        ),
      accountTypes: distinct(text('a type of subject', accountTypeProblem), 'a list of types of subjects')
        .optional()
        .describe(
          'Types of subjects, such as user, whose id is the name, the e-mail address or the id of one of our accounts. By default, only tokens are subjects',
        ),
      requireToken: z
        .boolean()
        .prefault(true)
        .describe(
          'Whether callers without a client certificate need a bearer token with access:check; not asked for on a Unix socket',
        ),
    })
    .prefault({})
    .describe('AuthZEN 1.0 on the listener verify: /access/v1/evaluation and /access/v1/evaluations'),
  apiKeys: apiKeysSchema
    .optional()
    .describe(
      'Opaque API keys: private tokens in a short form, for clients that take no JWT. Without it, there are none',
    ),
  refreshTokens: refreshTokensSchema
    .optional()
    .describe(
      'Refresh tokens for accounts with the scope tokens:refresh, as SMSGate has them. Without it, there are none',
    ),
  cors: corsSchema
    .optional()
    .describe(
      'What pages of other origins may do (CORS), on every route that does not say otherwise; by default nothing',
    ),
  telemetry: telemetrySchema
    .optional()
    .describe('Traces, metrics and logs over OpenTelemetry (OTLP). Without it, OpenTelemetry is not loaded'),
});

/** Ids of subjects of this type are tokens. */
function accountTypeProblem(type: string): string | undefined {
  return type === 'token' ? "'token' is the type of tokens: expected another type" : undefined;
}

function rangeProblem(range: string): string | undefined {
  return isAddressRange(range)
    ? undefined
    : expected("an IP address or a CIDR range such as '10.0.0.0/8'")({ input: range });
}
