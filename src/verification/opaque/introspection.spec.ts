import { describe, expect, it } from 'vitest';
import { worded } from '../../../test/support/core.ts';
import { AuthorizationServer, legacy } from '../../../test/support/introspection-server.ts';
import { corporate } from '../../../test/support/jwt/issuers.ts';
import { GENERATION } from '../../../test/support/jwt/verifying.ts';
import type { IntrospectionIssuer, IssuerConfig } from '../../config/config.ts';
import { Secret } from '../../config/secret.ts';
import { unread } from '../../core/standing.ts';
import { TokenCache } from '../token-cache.ts';
import { Introspection } from './introspection.ts';

const PARTS = {
  known: new TokenCache(10),
  standings: { at: unread, peek: () => undefined },
  clockSkewMs: 0,
  maxTokenLength: 16_384,
  generation: GENERATION,
};
const CREDENTIAL = { scheme: 'bearer', value: 't' } as const;

/** Takes up a configuration with these issuers. */
function takeUp(introspection: Introspection, issuers: readonly IssuerConfig[]) {
  const verifier = introspection.verifier(issuers, PARTS);
  introspection.reconfigure(issuers);
  return verifier;
}

/** Vouches for the token once. */
async function failThrice(introspection: Introspection, server: AuthorizationServer): Promise<void> {
  const verifier = takeUp(introspection, [legacy()]);
  server.says({ active: true });
  await verifier?.verify(CREDENTIAL);
  server.fails();
  for (let index = 0; index < 3; index++) await verifier?.verify(CREDENTIAL);
}

describe('Introspection', () => {
  it('has no verifier where no issuer has opaque tokens', () => {
    const introspection = new Introspection(new AuthorizationServer().environment);
    expect(introspection.verifier([corporate()], PARTS)).toBeUndefined();
    expect([...introspection.statuses()]).toEqual([]);
  });

  it('verifies the tokens of those that have', async () => {
    const server = new AuthorizationServer({ active: true });
    const introspection = new Introspection(server.environment);
    const verifier = takeUp(introspection, [corporate(), legacy()]);
    expect(await verifier?.verify(CREDENTIAL)).toMatchObject({ identity: { issuer: 'legacy-opaque' } });
    expect([...introspection.statuses()]).toMatchObject([{ issuer: 'legacy-opaque', questions: { active: 1 } }]);
    await introspection.close();
  });

  it('asks nobody else for a configuration that is built and not taken up', async () => {
    const server = new AuthorizationServer({ active: true });
    const introspection = new Introspection(server.environment);
    const verifier = takeUp(introspection, [legacy()]);
    const other = introspection.verifier([legacy({ name: 'other' })], PARTS);
    expect(await other?.verify(CREDENTIAL)).toMatchObject({ reason: 'unavailable' });
    expect(server.asked).toEqual([]);
    expect([...introspection.statuses()]).toMatchObject([{ issuer: 'legacy-opaque' }]);
    expect(await verifier?.verify(CREDENTIAL)).toMatchObject({ identity: { issuer: 'legacy-opaque' } });
  });

  const { introspection: asked } = legacy();

  it.each<[known: string, change: Partial<IntrospectionIssuer>]>([
    ['its server is down', {}],
    ['its server is down', { audience: ['other'], issuer: 'https://as.example.com' }],
    ['its server is down', { introspection: { ...asked, cacheMs: 0 } }],
    ['no answer', { name: 'other' }],
    ['no answer', { introspection: { ...asked, url: new URL('https://as.example.com/other') } }],
    ['no answer', { introspection: { ...asked, clientId: 'other' } }],
    ['no answer', { introspection: { ...asked, clientAuth: 'post' } }],
    ['no answer', { introspection: { ...asked, clientSecret: new Secret(Buffer.from('other')) } }],
  ])('knows after a reload that %s where the issuer has changed by %o', async (known, change) => {
    const server = new AuthorizationServer();
    const introspection = new Introspection(server.environment);
    await failThrice(introspection, server);
    const reloaded = takeUp(introspection, [legacy(change)]);
    expect(worded(await reloaded?.verify(CREDENTIAL))).toMatchObject({ check: `introspection: ${known}` });
  });

  it('lets go of an issuer that is gone, while its questions may still be answered', async () => {
    const server = new AuthorizationServer();
    const introspection = new Introspection(server.environment);
    const held = server.holds();
    const asked = takeUp(introspection, [legacy()])?.verify(CREDENTIAL);
    await expect.poll(() => server.asked).toHaveLength(1);
    expect(takeUp(introspection, [])).toBeUndefined();
    await expect.poll(() => [...introspection.statuses()]).toEqual([]);
    held.answer({ active: true });
    expect(await asked).toMatchObject({ outcome: 'verified' });
  });

  it('ends every question when it closes', async () => {
    const server = new AuthorizationServer();
    const introspection = new Introspection(server.environment);
    server.answer = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
    const asked = takeUp(introspection, [legacy()])?.verify(CREDENTIAL);
    await expect.poll(() => server.asked).toHaveLength(1);
    await introspection.close();
    expect(await asked).toMatchObject({ reason: 'unavailable' });
  });
});
