import type * as z from 'zod';
import type { RedisStoreConfig, StoreConfig } from '../config.ts';
import type { Draft } from '../reading/draft.ts';
import type { Path } from '../reading/problems.ts';
import { readTextSecret } from '../reading/secrets.ts';
import { readClientTls } from '../reading/tls.ts';
import { fileSchema } from './file-schema.ts';

type Written = z.output<typeof fileSchema.shape.store>;

/** Reads the store. Adds problems and returns `undefined` if it is not well-formed. */
export function readStore(draft: Draft): StoreConfig | undefined {
  const written = draft.read(['store'], fileSchema.shape.store);
  if (written === undefined) return undefined;
  switch (written.kind) {
    case 'memory':
      return written;
    case 'sqlite':
      return { kind: 'sqlite', path: draft.absolute(written.path) };
    case 'redis':
      return readRedis(draft, written);
  }
}

type WrittenRedis = Extract<Written, { readonly kind: 'redis' }>;
type WrittenSentinel = NonNullable<WrittenRedis['sentinel']>;

function readRedis(draft: Draft, written: WrittenRedis): RedisStoreConfig {
  const { url, tls, sentinel, cluster, minReplicas, allowEviction } = written;
  if (tls !== undefined && !url.isSecure) draft.refuse(['store', 'tls'], 'requires a rediss:// URL');
  if (sentinel !== undefined && cluster !== undefined) {
    draft.refuse(['store', 'cluster'], 'cannot be combined with sentinel: a Redis Cluster elects its primaries itself');
  }
  if (cluster !== undefined && url.database !== 0) {
    draft.refuse(['store', 'url'], 'with cluster, expected redis://HOST[:PORT]: a Redis Cluster has no databases');
  }
  if (sentinel !== undefined && url.hasPort) {
    draft.refuse(['store', 'url'], 'with sentinel, expected redis://NAME[/DATABASE]: the Sentinels know the port');
  }
  const { host, port, database, isSecure } = url;
  return {
    kind: 'redis',
    host,
    port,
    database,
    ...readUser(draft, ['store'], written, 'Redis'),
    tls: isSecure ? readClientTls(draft, ['store', 'tls'], tls ?? {}) : undefined,
    sentinel: sentinel && readSentinel(draft, ['store', 'sentinel'], sentinel),
    cluster,
    minReplicas,
    allowEviction,
  };
}

function readSentinel(draft: Draft, path: Path, written: WrittenSentinel): RedisStoreConfig['sentinel'] {
  const { addresses, tls } = written;
  return {
    addresses,
    ...readUser(draft, path, written, 'the Sentinels'),
    tls: tls && readClientTls(draft, [...path, 'tls'], tls),
  };
}

function readUser(
  draft: Draft,
  path: Path,
  { username, password }: Pick<WrittenSentinel, 'username' | 'password'>,
  server: string,
): Pick<RedisStoreConfig, 'username' | 'password'> {
  if (username !== undefined && password === undefined) {
    draft.refuse([...path, 'username'], 'requires a password');
  }
  return {
    username,
    password: password && readTextSecret(draft, [...path, 'password'], password, `the password of ${server}`),
  };
}
