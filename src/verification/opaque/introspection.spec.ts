import { describe, expect, it } from 'vitest';
import { withCheckText } from '../../../test/support/core.ts';
import { AuthorizationServer, legacy } from '../../../test/support/introspection-server.ts';
import { corporate } from '../../../test/support/jwt/issuers.ts';
import { GENERATION } from '../../../test/support/jwt/verifying.ts';
import type { IntrospectionIssuer, IssuerConfig } from '../../config/issuer-config.ts';
import { Secret } from '../../config/secret.ts';
import { unread } from '../../core/standing.ts';
import { TokenCache } from '../token-cache.ts';
import { Introspection } from './introspection.ts';

const PARTS = {
  cache: new TokenCache(10),
  standings: { at: unread, peek: () => undefined },
  clockSkewMs: 0,
  maxTokenLength: 16_384,
  generation: GENERATION,
};
const CREDENTIAL = { scheme: 'bearer', value: 't' } as const;

/** Reconfigures for these issuers. Returns their verifier. */
function reconfigure(introspection: Introspection, issuers: readonly IssuerConfig[]) {
  const verifier = introspection.verifier(issuers, PARTS);
  introspection.reconfigure(issuers);
  return verifier;
}

/** Lets the server vouch for the token once, then fail three times. */
async function failThrice(introspection: Introspection, server: AuthorizationServer): Promise<void> {
  const verifier = reconfigure(introspection, [legacy()]);
  server.says({ active: true });
  await verifier?.verify(CREDENTIAL);
  server.fails();
  for (let index = 0; index < 3; index++) await verifier?.verify(CREDENTIAL);
}

describe('Introspection', () => {
  it('has no verifier if no issuer has opaque tokens', () => {
    const introspection = new Introspection(new AuthorizationServer().environment);
    expect(introspection.verifier([corporate()], PARTS)).toBeUndefined();
    expect([...introspection.statuses()]).toEqual([]);
  });

  it('verifies the tokens of issuers with opaque tokens', async () => {
    const server = new AuthorizationServer({ active: true });
    const introspection = new Introspection(server.environment);
    const verifier = reconfigure(introspection, [corporate(), legacy()]);
    expect(await verifier?.verify(CREDENTIAL)).toMatchObject({ identity: { issuer: 'legacy-opaque' } });
    expect([...introspection.statuses()]).toMatchObject([{ issuer: 'legacy-opaque', requests: { active: 1 } }]);
    await introspection.close();
  });

  it('asks no server of a configuration that is built but not in force', async () => {
    const server = new AuthorizationServer({ active: true });
    const introspection = new Introspection(server.environment);
    const verifier = reconfigure(introspection, [legacy()]);
    const other = introspection.verifier([legacy({ name: 'other' })], PARTS);
    expect(await other?.verify(CREDENTIAL)).toMatchObject({ reason: 'unavailable' });
    expect(server.asked).toEqual([]);
    expect([...introspection.statuses()]).toMatchObject([{ issuer: 'legacy-opaque' }]);
    expect(await verifier?.verify(CREDENTIAL)).toMatchObject({ identity: { issuer: 'legacy-opaque' } });
  });

  const { introspection: endpoint } = legacy();

  it.each<[failure: string, change: Partial<IntrospectionIssuer>]>([
    ['its server is down', {}],
    ['its server is down', { audience: ['other'], issuer: ['https://as.example.com'] }],
    ['its server is down', { introspection: { ...endpoint, cacheMs: 0 } }],
    ['no answer', { name: 'other' }],
    ['no answer', { introspection: { ...endpoint, url: new URL('https://as.example.com/other') } }],
    ['no answer', { introspection: { ...endpoint, clientId: 'other' } }],
    ['no answer', { introspection: { ...endpoint, clientAuth: 'post' } }],
    ['no answer', { introspection: { ...endpoint, clientSecret: new Secret(Buffer.from('other')) } }],
  ])('reports "%s" after a reload that changes the issuer by %o', async (failure, change) => {
    const server = new AuthorizationServer();
    const introspection = new Introspection(server.environment);
    await failThrice(introspection, server);
    const reloaded = reconfigure(introspection, [legacy(change)]);
    expect(withCheckText(await reloaded?.verify(CREDENTIAL))).toMatchObject({ check: `introspection: ${failure}` });
  });

  it('drops a removed issuer, but lets its open requests complete', async () => {
    const server = new AuthorizationServer();
    const introspection = new Introspection(server.environment);
    const held = server.holds();
    const result = reconfigure(introspection, [legacy()])?.verify(CREDENTIAL);
    await expect.poll(() => server.asked).toHaveLength(1);
    expect(reconfigure(introspection, [])).toBeUndefined();
    await expect.poll(() => [...introspection.statuses()]).toEqual([]);
    held.answer({ active: true });
    expect(await result).toMatchObject({ outcome: 'verified' });
  });

  it('aborts every request when it is closed', async () => {
    const server = new AuthorizationServer();
    const introspection = new Introspection(server.environment);
    server.answer = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
    const result = reconfigure(introspection, [legacy()])?.verify(CREDENTIAL);
    await expect.poll(() => server.asked).toHaveLength(1);
    await introspection.close();
    expect(await result).toMatchObject({ reason: 'unavailable' });
  });
});
