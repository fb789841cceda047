import { fileURLToPath } from 'node:url';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { python3, pythonPackages } from '../../tools/python.ts';
import {
  ACCOUNT,
  type CaseIssuers,
  CORPORATE,
  claims,
  corporateToken,
  OWNER,
  startCaseIssuers,
} from '../support/servers/case-issuers.ts';
import { type ConnectionManager, type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { call, type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { freePorts } from '../support/servers/ports.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';

const MESSAGES = '/3rdparty/v1/messages';
/** The identity headers of the services, also in spellings of a client. */
const GUARDED = /^x.auth.(email|tenant|roles|token)$/;
const ISSUER = 'https://sallyport.local';
const AUDIENCE = 'https://messages.internal';

/** The recipe of docs/upstream-identity.md: callers of the plan `free` have two requests an hour each. */
const RATE_LIMIT = {
  name: 'envoy.filters.http.local_ratelimit',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
    stat_prefix: 'tiers',
    filter_enabled: { default_value: { numerator: 100 } },
    filter_enforced: { default_value: { numerator: 100 } },
    rate_limits: [{ actions: [descriptor('tier'), descriptor('issuer'), descriptor('subject')] }],
    descriptors: [
      {
        entries: [{ key: 'tier', value: 'free' }, { key: 'issuer' }, { key: 'subject' }],
        token_bucket: { max_tokens: 2, tokens_per_fill: 2, fill_interval: '3600s' },
      },
    ],
  },
};

function descriptor(fact: string): object {
  const metadata_key = { key: 'envoy.filters.http.ext_authz', path: [{ key: fact }] };
  return { metadata: { descriptor_key: fact, metadata_key, source: 'DYNAMIC' } };
}

const LISTENERS = [
  { name: 'envoy.yaml without its removal', normalises: false, rawHeaders: true },
  {
    name: 'envoy.yaml with rate limits',
    normalises: true,
    rawHeaders: true,
    edit: ({ http_filters }: ConnectionManager) => void http_filters.splice(1, 0, RATE_LIMIT),
  },
];

let issuers: CaseIssuers;
let services: Services;
let sallyport: Sallyport;
let envoy: RunningEnvoy;
let verify: number;

beforeAll(async () => {
  [verify = 0] = await freePorts(1);
  issuers = await startCaseIssuers();
  services = await startServices();
  sallyport = await startSallyport({ env: issuers.env, edit: configure });
  const { extAuthz, tokens } = sallyport.ports;
  envoy = await startEnvoy({ sallyport: extAuthz, tokens, ...services.ports }, { listeners: LISTENERS });
});

afterAll(async () => {
  await envoy.close();
  await sallyport.close();
  services.close();
  issuers.close();
});

beforeEach(() => {
  services.received.length = 0;
});

function configure(config: Record<string, unknown>): void {
  issuers.configure(config);
  config['listen'] = { ...(config['listen'] as object), verify: { address: `127.0.0.1:${verify}`, mode: 'forwarded' } };
  config['identity'] = {
    claims: {
      email: 'x-auth-email',
      'https://example.com/tenant': 'x-auth-tenant',
      'realm_access.roles': 'x-auth-roles',
    },
    metadata: { tier: 'plan' },
    token: { audience: AUDIENCE, claims: ['email'] },
  };
}

async function send(gateway: number, token: string | undefined, headers: Fields = []): Promise<HttpResponse> {
  const port = envoy.gateways[gateway]?.port ?? 0;
  const credential: Fields = token === undefined ? [] : [['Authorization', token]];
  const path = token === undefined ? '/health' : MESSAGES;
  return await sendRequest({
    port,
    method: token === undefined ? 'GET' : 'POST',
    path,
    headers: [...credential, ...headers],
  });
}

type Fields = readonly (readonly [name: string, value: string])[];

function bearer(more: Record<string, unknown> = {}): string {
  return `Bearer ${corporateToken(issuers, 'ES256', claims(more))}`;
}

/** What the service received in headers that only Sallyport may set. */
function received(): Record<string, unknown> {
  const fields = services.received.flatMap(({ headers }) => Object.entries(headers));
  return Object.fromEntries(fields.filter(([name]) => GUARDED.test(name)));
}

describe('claims in headers', () => {
  const FORGED: Fields = [
    ['x-auth-email', 'forged'],
    ['x_auth_email', 'forged'],
    ['x.auth.tenant', 'forged'],
    ['x-auth-token', 'forged'],
    ['x_auth_token', 'forged'],
    ['X-Auth_Roles', 'forged'],
  ];

  it('reach the service, and nothing of that which the client says', async () => {
    const token = bearer({
      email: 'zoë@example.com',
      'https://example.com/tenant': 42,
      realm_access: { roles: ['editor', 'night shift'] },
    });
    expect((await send(0, token, FORGED)).status).toBe(202);
    expect(received()).toEqual({
      'x-auth-token': expect.stringMatching(/^ey/),
      'x-auth-email': 'zo%C3%AB@example.com',
      'x-auth-tenant': '42',
      'x-auth-roles': 'editor night%20shift',
    });
  });

  it.each([
    ['a token without them', () => bearer()],
    ['a token whose claims no header can carry', () => bearer({ email: {}, realm_access: { roles: [{}] } })],
    ['a password', () => OWNER],
  ])('are removed for %s', async (_name, credential) => {
    expect((await send(0, credential(), FORGED)).status).toBeLessThan(300);
    expect(received()).toEqual({ 'x-auth-token': expect.stringMatching(/^ey/) });
  });

  it.each([
    ['a public route', undefined, '/health'],
    ['a request that only shadow mode lets pass', 'Bearer x', `${MESSAGES}/x/shadow`],
  ])('are removed for %s, and so is the signed identity', async (_name, credential, path) => {
    const port = envoy.gateways[0]?.port ?? 0;
    const headers: Fields = credential === undefined ? FORGED : [...FORGED, ['Authorization', credential]];
    expect((await sendRequest({ port, method: 'GET', path, headers })).status).toBe(200);
    expect(services.received).toHaveLength(1);
    expect(received()).toEqual({});
  });
});

describe('the signed identity', () => {
  /** What the service received for a request with this credential. */
  async function identityOf(credential: string): Promise<string> {
    services.received.length = 0;
    expect((await send(0, credential)).status).toBe(202);
    return String(services.received[0]?.headers['x-auth-token']);
  }

  it('is the same for each request of one token, and another one for another token', async () => {
    const token = bearer({ email: 'ada@example.com' });
    const first = await identityOf(token);
    expect(await identityOf(token)).toBe(first);
    expect(await identityOf(bearer())).not.toBe(first);
    expect(decodeJwt(first)).toMatchObject({
      iss: ISSUER,
      aud: AUDIENCE,
      sub: 'alice',
      idp: 'corporate',
      idp_iss: CORPORATE,
      claims: { email: 'ada@example.com' },
    });
  });

  it('of a password names the account', async () => {
    expect(decodeJwt(await identityOf(OWNER))).toMatchObject({ idp: 'sallyport', idp_iss: ISSUER, scheme: 'basic' });
  });

  it('is verified by jose, PyJWT, Authlib and joserfc with the published keys, and is no access token to Authlib', async () => {
    const token = await identityOf(bearer({ email: 'zoë@example.com' }));
    const url = `http://127.0.0.1:${sallyport.ports.tokens}/.well-known/jwks.json`;
    const expected = { issuer: ISSUER, audience: AUDIENCE, typ: 'sallyport-identity+jwt' };
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(url)), expected);
    const script = fileURLToPath(new URL('../foreign/identity-verifiers.py', import.meta.url));
    const found = await python3(script, await pythonPackages('jwt'), url, token, ISSUER, AUDIENCE);
    expect(JSON.parse(found)).toEqual({
      pyjwt: [payload, 'InvalidAudienceError'],
      authlib: [payload, 'InvalidClaimError'],
      joserfc: [payload, 'InvalidClaimError'],
      rfc9068: ['InvalidTokenError', 'InvalidTokenError'],
    });
  }, 120_000);

  it('is no credential at the gateway, in any scheme of it', async () => {
    const token = await identityOf(bearer());
    for (const credential of [`Bearer ${token}`, `bearer  ${token}`]) {
      const { status, body } = await send(0, credential);
      expect([status, body]).toEqual([401, expect.stringContaining('"code":"token_invalid"')]);
    }
  });

  it('is no credential to the token service, however it is presented', async () => {
    const token = await identityOf(OWNER);
    const { tokens } = sallyport.ports;
    const calls: readonly (readonly [method: string, path: string, body?: object])[] = [
      ['POST', '/3rdparty/v1/auth/token', { scopes: ['messages:send'] }],
      ['DELETE', '/3rdparty/v1/auth/token/V1StGXR8_Z5jdHi6B-myT'],
      ['POST', '/v1/tokens', { name: 'x', scopes: ['messages:send'], expires_at: '2099-01-01T00:00:00Z' }],
      ['GET', '/v1/tokens'],
      ['POST', '/v1/revocations', { issuer: 'sallyport', jti: 'x' }],
      ['POST', '/v1/password', { current_password: 'x', new_password: 'y' }],
      ['GET', '/v1/accounts'],
      ['POST', '/oauth2/introspect'],
      ['POST', '/oauth2/revoke'],
    ];
    for (const [method, path, body] of calls) {
      const answer = await call(tokens, method, path, `Bearer ${token}`, body);
      expect([path, answer.status]).toEqual([path, 401]);
    }
    const form: Fields = [
      ['Authorization', OWNER],
      ['Content-Type', 'application/x-www-form-urlencoded'],
    ];
    const post = (path: string): Promise<HttpResponse> =>
      sendRequest({ port: tokens, method: 'POST', path, headers: form, body: `token=${encodeURIComponent(token)}` });
    expect(JSON.parse((await post('/oauth2/introspect')).body)).toEqual({ active: false });
    expect((await post('/oauth2/revoke')).status).toBe(200);
    const login = await call(tokens, 'POST', '/v1/login', undefined, { email: ACCOUNT.name, password: token });
    expect(login.status).toBe(401);
  });

  it('is no credential to forward-auth, AuthZEN and the admin listener', async () => {
    const token = await identityOf(bearer());
    const asked: Fields = [
      ['X-Forwarded-Method', 'POST'],
      ['X-Forwarded-Host', 'api.example.com'],
      ['X-Forwarded-Uri', MESSAGES],
      ['Authorization', `Bearer ${token}`],
    ];
    expect((await sendRequest({ port: verify, method: 'GET', path: '/auth', headers: asked })).status).toBe(401);
    const question = {
      subject: { type: 'token', id: token },
      action: { name: 'messages:send' },
      resource: { type: 'scope', id: 'x' },
    };
    const path = '/access/v1/evaluation';
    expect((await call(verify, 'POST', path, `Bearer ${token}`, question)).status).toBe(401);
    const explained = await call(sallyport.ports.admin, 'POST', '/explain', `Bearer ${token}`, {
      method: 'GET',
      path: '/health',
    });
    expect(explained.status).toBe(401);
  });

  it('reaches a gateway that copies headers, too', async () => {
    const asked: Fields = [
      ['X-Forwarded-Method', 'POST'],
      ['X-Forwarded-Host', 'api.example.com'],
      ['X-Forwarded-Uri', MESSAGES],
      ['Authorization', bearer({ email: 'ada@example.com' })],
    ];
    const answer = await sendRequest({ port: verify, method: 'GET', path: '/auth', headers: asked });
    expect(answer.headers).toMatchObject({
      'x-auth-email': 'ada@example.com',
      'x-auth-token': expect.stringMatching(/^ey/),
    });
    expect(answer.headers).not.toHaveProperty('x-auth-tenant');
  });
});

describe('claims in metadata', () => {
  it('let Envoy limit the callers of one tier, each by itself, and not those of another', async () => {
    const statuses = async (plan: string | undefined, sub: string): Promise<number[]> => {
      const token = bearer({ sub, ...(plan === undefined ? {} : { plan }) });
      const found = [];
      for (let count = 0; count < 4; count++) found.push((await send(1, token)).status);
      return found;
    };
    expect(await statuses('free', 'ada')).toEqual([202, 202, 429, 429]);
    expect(await statuses('free', 'grace')).toEqual([202, 202, 429, 429]);
    expect(await statuses('gold', 'ada')).toEqual([202, 202, 202, 202]);
    expect(await statuses(undefined, 'ada')).toEqual([202, 202, 202, 202]);
  });

  it('stand in its access log', async () => {
    await send(1, bearer({ plan: 'silver' }));
    await expect.poll(() => envoy.output()).toMatch(/"sallyport":\{[^}]*"tier":"silver"/);
  });
});
