import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CaseIssuers, claims, corporateToken, OWNER, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type ConnectionManager, type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';

const MESSAGES = '/3rdparty/v1/messages';
/** The identity headers of the services, also in spellings of a client. */
const GUARDED = /^x.auth.(email|tenant|roles)$/;

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

beforeAll(async () => {
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
  config['identity'] = {
    claims: {
      email: 'x-auth-email',
      'https://example.com/tenant': 'x-auth-tenant',
      'realm_access.roles': 'x-auth-roles',
    },
    metadata: { tier: 'plan' },
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
      'x-auth-email': 'zo%C3%AB@example.com',
      'x-auth-tenant': '42',
      'x-auth-roles': 'editor night%20shift',
    });
  });

  it.each([
    ['a token without them', () => bearer()],
    ['a token whose claims no header can carry', () => bearer({ email: {}, realm_access: { roles: [{}] } })],
    ['a password', () => OWNER],
    ['a public route', () => undefined],
  ])('are removed for %s', async (_name, credential) => {
    expect((await send(0, credential(), FORGED)).status).toBeLessThan(300);
    expect(received()).toEqual({});
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
