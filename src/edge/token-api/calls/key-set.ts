import * as z from 'zod';
import type { Call, CallInput, Outcome } from '../call.ts';
import { done } from '../call.ts';

const keySet = z.strictObject({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string() })) });

export const getKeySet: Call = {
  method: 'GET',
  url: '/.well-known/jwks.json',
  operation: 'getKeySet',
  summary: "Get the public keys that verify Sallyport's tokens (RFC 7517)",
  admission: undefined,
  success: [
    { status: 200, description: 'A JWK Set', content: keySet },
    { status: 304, description: 'The JWK Set that If-None-Match names is still current' },
  ],
  problems: [],
  handle: answer,
};

async function answer({ services, headers }: CallInput<undefined>): Promise<Outcome> {
  const { keys, tag, maxAgeSeconds } = await services.keySet.read();
  const caching = { 'cache-control': `public, max-age=${maxAgeSeconds}`, etag: tag };
  return names(headers['if-none-match'], tag) ? done(304, undefined, caching) : done(200, { keys }, caching);
}

/** Tells whether If-None-Match names a tag, by weak comparison (RFC 9110, section 13.1.2). */
function names(condition: string | string[] | undefined, tag: string): boolean {
  const tags = String(condition ?? '').split(',');
  return tags.some((listed) => ['*', tag].includes(listed.trim().replace(/^W\//, '')));
}
