import { fileURLToPath } from 'node:url';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { python3, pythonPackages } from '../../../tools/python.ts';
import { basic } from '../../support/servers/http-client.ts';
import { OWN_ISSUER, startTokenService, type TokenService } from '../../support/token-service.ts';

const JWKS = '/.well-known/jwks.json';

async function start(signing: object): Promise<TokenService> {
  const service = await startTokenService({
    config: { store: 'memory:', issuers: [{ ...OWN_ISSUER, signing }] },
    env: { SALLYPORT_ACCOUNT: 'ada:secret' },
  });
  onTestFinished(() => service.close());
  return service;
}

function get({ origin }: TokenService, init: RequestInit = {}): Promise<Response> {
  return fetch(`${origin}${JWKS}`, init);
}

async function issue(service: TokenService): Promise<string> {
  const scopes = ['messages:send'];
  const answer = await service.call('POST', '/3rdparty/v1/auth/token', basic('ada', 'secret'), { scopes });
  // By the description of the call.
  return ((await answer.json()) as { access_token: string }).access_token;
}

describe(`GET ${JWKS}`, () => {
  it('needs no authentication, and may be cached for half of publishAhead', async () => {
    const service = await start({ algorithm: 'EdDSA', publishAhead: '20m' });
    const answer = await get(service);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=600');
    expect(await answer.json()).toEqual({
      keys: [{ kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: expect.any(String), alg: 'EdDSA', use: 'sig' }],
    });
  });

  it('responds 304 if If-None-Match names the current key set', async () => {
    const service = await start({ algorithm: 'EdDSA' });
    const tag = (await get(service)).headers.get('etag') ?? '';
    for (const condition of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const answer = await get(service, { headers: { 'if-none-match': condition } });
      expect([answer.status, await answer.text(), answer.headers.get('etag')]).toEqual([304, '', tag]);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    }
    for (const condition of ['"other"', tag.slice(1), '']) {
      expect((await get(service, { headers: { 'if-none-match': condition } })).status).toBe(200);
    }
  });

  it('responds to HEAD like to GET, without the keys', async () => {
    const service = await start({ algorithm: 'EdDSA' });
    const answer = await get(service, { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(answer.headers.get('etag')).toBe((await get(service)).headers.get('etag'));
  });

  it('contains no key if tokens are signed with a shared secret', async () => {
    const service = await start({ algorithm: 'HS256' });
    expect(await (await get(service)).json()).toEqual({ keys: [] });
  });
});

describe.each(['EdDSA', 'ES256', 'RS256', 'PS256'])('a token signed with %s', (algorithm) => {
  it('is verified by jose with the published keys', async () => {
    const service = await start({ algorithm });
    const keys = createRemoteJWKSet(new URL(`${service.origin}${JWKS}`));
    const { payload } = await jwtVerify(await issue(service), keys, { issuer: 'https://s.local', typ: 'at+jwt' });
    expect(payload['scopes']).toEqual(['messages:send']);
  });

  it('is verified by PyJWT with the published keys', async () => {
    const service = await start({ algorithm });
    const token = await issue(service);
    const script = fileURLToPath(new URL('../../foreign/pyjwk-client.py', import.meta.url));
    const packages = await pythonPackages('jwt');
    const verified = await python3(script, packages, `${service.origin}${JWKS}`, algorithm, token);
    expect(JSON.parse(verified)).toEqual(decodeJwt(token));
  });
});
