import * as z from 'zod';
import { pemPath } from './pem-path.ts';
import { isRedisUrl, parseRedisUrl } from './redis-url.ts';
import { secretSchema } from './secret-schema.ts';
import { text } from './shape.ts';

const EXPECTED = "expected 'memory:', 'sqlite:PATH', 'redis://HOST', or a map with url";

/** No message of a store prints what was written: its URL may hold a password. */
const redisUrl = z
  .string({ error: 'expected the URL of a Redis server: redis://HOST' })
  .transform(toRedisUrl)
  .meta({ pattern: '^rediss?://' });

/** What a URL alone leaves out. */
const ALONE = { username: undefined, password: undefined, tls: undefined, allowEviction: false };

const location = z
  .string({ error: EXPECTED })
  .transform((written, ctx) => {
    if (written === 'memory:') return { kind: 'memory' } as const;
    if (isRedisUrl(written)) return { kind: 'redis', url: toRedisUrl(written, ctx), ...ALONE } as const;
    if (/^sqlite:[^\0]+$/.test(written)) return { kind: 'sqlite', path: written.slice('sqlite:'.length) } as const;
    ctx.issues.push({ code: 'custom', input: written, message: EXPECTED });
    return z.NEVER;
  })
  .meta({ pattern: '^(memory:|sqlite:.+|rediss?://.+)$' });

const redis = z
  .strictObject({
    url: redisUrl.describe('redis://HOST[:PORT][/DATABASE], or rediss:// for TLS; never with credentials'),
    username: text('the name of a user').optional().describe("ACL user; Redis's default user without it"),
    password: secretSchema.optional().describe('Password of the user'),
    tls: z
      .strictObject({
        ca: pemPath("the CA of Redis's certificate").optional().describe("PEM file with the CA of Redis's certificate"),
        cert: pemPath('the client certificate').optional().describe('PEM file with our client certificate'),
        key: pemPath('the private key').optional().describe('PEM file with the private key of `cert`'),
      })
      .optional()
      .describe('For rediss://; without `ca` the CAs that Node trusts count'),
    allowEviction: z
      .boolean()
      .prefault(false)
      .describe('Take a server whose maxmemory-policy may drop keys, and revocations with them'),
  })
  .transform(({ username, password, tls, ...rest }) => ({ kind: 'redis' as const, ...rest, username, password, tls }));

/** Where accounts, keys and revocations live, as it is written. */
export const storeSchema = z.union([location, redis], { error: EXPECTED });

function toRedisUrl(written: string, ctx: z.RefinementCtx) {
  const url = parseRedisUrl(written);
  if (typeof url !== 'string') return url;
  ctx.issues.push({ code: 'custom', input: written, message: url });
  return z.NEVER;
}
