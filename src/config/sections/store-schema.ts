import * as z from 'zod';
import { expected } from '../reading/shape.ts';
import { clusterSchema } from './cluster-schema.ts';
import { redisAccess } from './redis-schema.ts';
import { isRedisUrl, parseRedisUrl } from './redis-url.ts';
import { sentinelSchema } from './sentinel-schema.ts';

const EXPECTED = "expected 'memory:', 'sqlite:PATH', 'redis://HOST', or a map with url";

/** A path that is probably meant as a SQLite store. */
const PLAIN_FILE = /^[\w./~-]+\.(?:db|sqlite3?)$/;

/** No message about a store quotes the value: its URL may contain a password. */
const redisUrl = z
  .string({ error: 'expected the URL of a Redis server: redis://HOST' })
  .transform(toRedisUrl)
  .meta({ pattern: '^rediss?://' });

/** The values of a store that is written as a URL alone. */
const ALONE = {
  username: undefined,
  password: undefined,
  tls: undefined,
  sentinel: undefined,
  cluster: undefined,
  minReplicas: 0,
  allowEviction: false,
};

const MIN_REPLICAS = expected('a whole number from 0 to 10');

const location = z
  .string({ error: EXPECTED })
  .transform((written, ctx) => {
    if (written === 'memory:') return { kind: 'memory' } as const;
    if (isRedisUrl(written)) return { kind: 'redis', url: toRedisUrl(written, ctx), ...ALONE } as const;
    if (/^sqlite:[^\0]+$/.test(written)) return { kind: 'sqlite', path: written.slice('sqlite:'.length) } as const;
    const message = PLAIN_FILE.test(written) ? `${EXPECTED}: is 'sqlite:' missing before the path?` : EXPECTED;
    ctx.issues.push({ code: 'custom', input: written, message });
    return z.NEVER;
  })
  .meta({ pattern: '^(memory:|sqlite:.+|rediss?://.+)$' });

const redis = z
  .strictObject({
    url: redisUrl.describe('redis://HOST[:PORT][/DATABASE], or rediss:// for TLS; without credentials'),
    ...redisAccess('With rediss://'),
    sentinel: sentinelSchema
      .optional()
      .describe('Discover the primary through Sentinels; the HOST of the URL is then its name there, without a port'),
    cluster: clusterSchema
      .optional()
      .describe('The server is a node of a Redis Cluster, through which the others are discovered'),
    minReplicas: z
      .int({ error: MIN_REPLICAS })
      .min(0, { error: MIN_REPLICAS })
      .max(10, { error: MIN_REPLICAS })
      .prefault(0)
      .describe('How many replicas must have a write before it is acknowledged'),
    allowEviction: z
      .boolean()
      .prefault(false)
      .describe('Accept a server whose maxmemory-policy may evict keys, and with them revocations'),
  })
  .transform(({ username, password, tls, sentinel, cluster, ...rest }) => ({
    kind: 'redis' as const,
    ...rest,
    username,
    password,
    tls,
    sentinel,
    cluster,
  }));

/** The schema of the store. */
export const storeSchema = z.union([location, redis], { error: EXPECTED });

function toRedisUrl(written: string, ctx: z.RefinementCtx) {
  const url = parseRedisUrl(written);
  if (typeof url !== 'string') return url;
  ctx.issues.push({ code: 'custom', input: written, message: url });
  return z.NEVER;
}
