import type * as z from 'zod';
import type { RedisStoreConfig, StoreConfig } from './config.ts';
import type { Draft } from './draft.ts';
import { fileSchema } from './schema.ts';
import { readSecret } from './secrets.ts';
import { readClientTls } from './tls.ts';

type Written = z.output<typeof fileSchema.shape.store>;

/** Where accounts, keys and revocations live; `undefined`, and problems noted, where it is not well-formed. */
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

function readRedis(draft: Draft, written: Extract<Written, { readonly kind: 'redis' }>): RedisStoreConfig {
  const { url, username, password, tls, allowEviction } = written;
  if (username !== undefined && password === undefined)
    draft.refuse(['store', 'username'], 'needs a password beside it');
  if (tls !== undefined && !url.isSecure) draft.refuse(['store', 'tls'], 'goes with a rediss:// URL');
  const { host, port, database, isSecure } = url;
  return {
    kind: 'redis',
    host,
    port,
    database,
    username,
    password: password && readSecret(draft, ['store', 'password'], password, 1, 'Redis'),
    tls: isSecure ? readClientTls(draft, ['store', 'tls'], tls ?? {}) : undefined,
    allowEviction,
  };
}
