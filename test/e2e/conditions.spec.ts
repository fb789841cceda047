import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseExposition } from '../support/exposition.ts';
import { forgeWith, hmac } from '../support/jwt/forge.ts';
import { ACCOUNT, WITH_ACCOUNT } from '../support/servers/case-issuers.ts';
import { type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { call, type HttpResponse } from '../support/servers/http-client.ts';
import { freePorts } from '../support/servers/ports.ts';
import { LOGGED } from '../support/servers/process.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';

const BASE = '/3rdparty/v1/messages';
const SECRET = randomBytes(48);
const ENV = { CORPORATE_SECRET: SECRET.toString('base64url') };

let services: Services;
let pdp: Sallyport;
let sallyport: Sallyport;
let envoy: RunningEnvoy;
/** The port of the decision point. */
let verify: number;

/** The decision point: a Sallyport that answers about its accounts. */
function configurePdp(config: Record<string, unknown>): void {
  config['listen'] = { ...(config['listen'] as object), verify: `127.0.0.1:${verify}` };
  config['authzen'] = { accountTypes: ['user'], requireToken: false };
  config['routes'] = [{ method: 'GET', path: `${BASE}/{tenant}/ruled`, scope: 'messages:list' }];
}

function configure(config: Record<string, unknown>): void {
  // The demo's file has both as lists.
  const issuers = config['issuers'] as object[];
  const routes = config['routes'] as object[];
  const secrets = [{ env: 'CORPORATE_SECRET', encoding: 'base64url' }];
  issuers.push({
    name: 'corporate',
    issuer: 'https://login.example.com',
    audience: 'api',
    algorithms: ['HS256'],
    secrets,
  });
  const url = `http://127.0.0.1:${verify}/access/v1/evaluation`;
  config['decisionPoints'] = { other: { url, timeout: '2s', claims: ['tenant'] } };
  config['basic'] = { routes: true };
  const tenant = '{path.tenant}';
  routes.push(
    { method: 'GET', path: `${BASE}/{tenant}/inbox`, scope: 'messages:list', where: { tenant } },
    {
      method: 'GET',
      path: `${BASE}/{tenant}/keys`,
      authenticated: true,
      where: { tenant, acr: ['phr'], authAgeAtMost: '15m' },
    },
    { method: 'GET', path: `${BASE}/{tenant}/ruled`, scope: 'messages:list', where: { tenant, authzen: 'other' } },
    { method: 'GET', path: `${BASE}/x/anyone/ruled`, authenticated: true, where: { authzen: 'other' } },
  );
}

beforeAll(async () => {
  [verify = 0] = await freePorts(1);
  [services, pdp] = await Promise.all([startServices(), startSallyport({ env: WITH_ACCOUNT, edit: configurePdp })]);
  sallyport = await startSallyport({ env: { ...ENV, ...WITH_ACCOUNT }, edit: configure });
  const { extAuthz, tokens } = sallyport.ports;
  const listeners = [
    { name: 'as in envoy.yaml', normalises: true, rawHeaders: true },
    { name: 'without normalisation', normalises: false, rawHeaders: true },
  ];
  envoy = await startEnvoy({ sallyport: extAuthz, tokens, ...services.ports }, { listeners });
});

afterAll(async () => {
  await envoy.close();
  await Promise.all([sallyport.close(), pdp.close()]);
  services.close();
});

function tokenWith(claims: Record<string, unknown> = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const common = { iss: 'https://login.example.com', aud: 'api', sub: ACCOUNT.name, iat: now, exp: now + 600 };
  const payload = { ...common, jti: randomBytes(8).toString('hex'), scope: 'messages:list', tenant: 'acme', ...claims };
  return forgeWith({ alg: 'HS256', typ: 'JWT' }, payload, hmac(SECRET));
}

async function send(path: string, token: string, gateway = 0): Promise<HttpResponse> {
  return call(envoy.gateways[gateway]?.port ?? 0, 'GET', `${BASE}${path}`, `Bearer ${token}`);
}

async function outcomeOf(path: string, token: string, gateway = 0): Promise<string> {
  const { status, body } = await send(path, token, gateway);
  return status < 300 ? 'passes' : `${status} ${(JSON.parse(body) as { readonly code?: string }).code}`;
}

describe('a tenant in the path, through Envoy', () => {
  it.each([0, 1])('must be the tenant of the token (listener %i)', async (gateway) => {
    const token = tokenWith();
    expect(await outcomeOf('/acme/inbox', token, gateway)).toBe('passes');
    expect(await outcomeOf('/acme/inbox?tenant=globex', token, gateway)).toBe('passes');
    for (const tenant of ['globex', 'ACME', 'acme%20', '%61cmes', 'acme+']) {
      expect(await outcomeOf(`/${tenant}/inbox`, token, gateway), tenant).toBe('403 condition_failed');
    }
    const reached = services.received.length;
    for (const tenant of [
      'globex%2F..%2Facme',
      'globex/../acme',
      'globex;/acme',
      'acme%2Finbox%2F..',
      'globex%252Facme',
    ]) {
      expect((await send(`/${tenant}/inbox`, token, gateway)).status, tenant).not.toBe(500);
    }
    const paths = services.received.slice(reached).map(({ path }) => path);
    expect(paths.filter((path) => !/^\/3rdparty\/v1\/messages\/acme\/inbox$/.test(path))).toEqual([]);
  });

  it('tells the client nothing of the claim, and the operator which it is', async () => {
    const { body } = await send('/globex/inbox', tokenWith());
    expect(body).not.toContain('acme');
    const args = [
      'explain',
      '--token-file',
      '-',
      'GET',
      `${BASE}/globex/inbox`,
      '--config',
      `${sallyport.folder}/sallyport.yaml`,
    ];
    const { output } = await runSallyport(args, { env: ENV, input: tokenWith() });
    expect(output).toMatch(
      /^FAIL +condition +failed check: where, issuer corporate: tenant is "acme"; the route requires "globex"$/m,
    );
  });
});

describe('a step-up, through Envoy', () => {
  it('is asked for, until the user authenticated as the route requires', async () => {
    const now = Math.floor(Date.now() / 1000);
    const { status, headers } = await send('/acme/keys', tokenWith());
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe(
      'Bearer realm="sallyport", error="insufficient_user_authentication", error_description="stronger or more recent authentication required", acr_values="phr", max_age="900"',
    );
    expect(await outcomeOf('/acme/keys', tokenWith({ acr: 'phr', auth_time: now - 3_600 }))).toBe(
      '401 step_up_required',
    );
    expect(await outcomeOf('/acme/keys', tokenWith({ acr: 'phr', auth_time: now - 60 }))).toBe('passes');
  });
});

describe('a second Sallyport as policy decision point, through Envoy', () => {
  it('permits what its account may do, and refuses all others', async () => {
    expect(await outcomeOf('/acme/ruled', tokenWith())).toBe('passes');
    expect(await outcomeOf('/acme/ruled', tokenWith({ sub: 'nobody' }))).toBe('403 condition_failed');
    expect(await outcomeOf('/x/anyone/ruled', tokenWith())).toBe('403 condition_failed');
    const metrics = parseExposition(await (await fetch(`http://127.0.0.1:${sallyport.ports.admin}/metrics`)).text());
    expect(metrics.value('sallyport_rulings_total', { decision_point: 'other', outcome: 'permitted' })).toBe(1);
    expect(metrics.value('sallyport_rulings_total', { decision_point: 'other', outcome: 'refused' })).toBe(2);
  });

  it('is asked by explain too', async () => {
    const args = [
      'explain',
      '--token-file',
      '-',
      'GET',
      `${BASE}/acme/ruled`,
      '--config',
      `${sallyport.folder}/sallyport.yaml`,
    ];
    const { output, code } = await runSallyport(args, { env: ENV, input: tokenWith() });
    expect(output).toMatch(/^ok +condition +meets tenant is "\{path\.tenant\}", and other permits it$/m);
    expect(code).toBe(0);
  });

  it('denies while it is down, and nothing else notices', async () => {
    await pdp.stop();
    for (let index = 0; index < 4; index++) {
      expect(await outcomeOf('/acme/ruled', tokenWith())).toBe('503 unavailable');
    }
    expect(await outcomeOf('/acme/inbox', tokenWith())).toBe('passes');
    const { components } = (await (await fetch(`http://127.0.0.1:${sallyport.ports.admin}/readyz`)).json()) as {
      readonly components: { readonly decisionPoints: readonly object[] };
    };
    expect(components.decisionPoints).toMatchObject([{ name: 'other', status: 'failing' }]);
    await expect.poll(() => sallyport.output(), LOGGED).toContain('decision point fails');
  });
});
