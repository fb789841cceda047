import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { certify, hasOpenssl } from '../support/certificates.ts';
import { managerOf, type RunningEnvoyGateway, startEnvoyGateway } from '../support/kubernetes/envoy-gateway.ts';
import { applyKeptPolicy } from '../support/kubernetes/patch-policy.ts';
import { type CaseIssuers, OWNER, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { rawRequest, sendRaw } from '../support/servers/gateways/raw-http.ts';
import { call, type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { sendHttp2Request } from '../support/servers/http2-client.ts';
import { optionsFor } from '../support/servers/platform.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';
import { SQLITE } from '../support/servers/stores.ts';
import { expectDenied, expectUpstream, isDenied, isSuccess, requestOf } from './case-run.ts';
import { CASES, type Case } from './cases.ts';

const MESSAGES = '/3rdparty/v1/messages';
const H2 = { tlsOptions: { alpnProtocols: ['h2'] } };
const AMBIGUOUS = CASES.filter(({ directOnly, path }) => directOnly === true && /^[/*]/.test(path ?? ''));

/** Real Envoy with the configuration that Envoy Gateway makes of `deploy/kubernetes/overlays/envoy-gateway`, and Sallyport with TLS. */
describe.skipIf(!hasOpenssl)('Envoy Gateway (needs the openssl command)', () => {
  let folder: string;
  let issuers: CaseIssuers;
  let services: Services;
  let sallyport: Sallyport;
  let gateway: RunningEnvoyGateway;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-envoy-gateway-'));
    certify(folder, 'ca');
    certify(folder, 'sallyport', 'ca', 'DNS:sallyport.sallyport.svc');
    certify(folder, 'envoy', 'ca');
    issuers = await startCaseIssuers();
    services = await startServices();
    const { env, edit } = optionsFor(issuers, await SQLITE.start());
    sallyport = await startSallyport({ env, edit: (config) => (edit(config), withTls(config), withKeep(config)) });
    gateway = await start();
  });

  afterAll(async () => {
    await gateway.close();
    await sallyport.close();
    services.close();
    issuers.close();
    await rm(folder, { recursive: true });
  });

  beforeEach(() => {
    services.received.length = 0;
  });

  it.each(CASES.filter(({ directOnly }) => directOnly !== true))('$name', async (wanted) => {
    const answer = await ask(wanted);
    if (isDenied(wanted.expected)) {
      expectDenied(answer, wanted.expected);
      expect(services.received).toEqual([]);
    } else {
      expect(answer.status, answer.body).toSatisfy(isSuccess);
      expect(services.received).toHaveLength(1);
      expectUpstream(services.received[0]?.headers ?? {}, wanted.expected);
    }
  });

  it.each(AMBIGUOUS)('lets nothing reach a service: $name', async ({ path }) => {
    expect(await sendRaw(gateway.port, rawRequest(`GET ${path}`, ['Host: gateway']))).toBeGreaterThanOrEqual(400);
    expect(services.received).toEqual([]);
  });

  it('writes what Sallyport said into the access log, and no query', async () => {
    await call(gateway.port, 'GET', `${MESSAGES}?token=in-the-query`);
    await expect.poll(() => logOf(gateway)).toContain('"credentials_required"');
    expect(await logOf(gateway)).not.toContain('in-the-query');
  });

  it('reaches the token service, which has TLS, over HTTP/1.1', async () => {
    const answer = await call(gateway.port, 'GET', '/v1/tokens');
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([401, 'credentials_required']);
  });

  it('asks about a path without a service, and then answers 404', async () => {
    expect((await call(gateway.port, 'GET', '/nothing-here')).status).toBe(403);
    expect((await call(gateway.port, 'GET', '/v10')).status).toBe(403);
  });

  // policies.yaml has no health check: Envoy Gateway removes a pod that stops.
  it('could check health by gRPC, although the name of its cluster is no host', async () => {
    const check = { timeout: '1s', interval: '1s', unhealthyThreshold: 1, healthyThreshold: 1 };
    const healthOf = async (grpcHealthCheck: object): Promise<string | undefined> => {
      const checked = await start(({ clusters }) => {
        // As Envoy Gateway writes it.
        for (const cluster of clusters) {
          if (cluster.name.startsWith('securitypolicy/')) cluster.healthChecks = [{ ...check, grpcHealthCheck, ...H2 }];
        }
      });
      try {
        await expect.poll(() => flags(checked)).not.toContain('pending_active_hc');
        return await flags(checked);
      } finally {
        await checked.close();
      }
    };
    const flags = async ({ adminPort }: RunningEnvoyGateway): Promise<string | undefined> =>
      /^securitypolicy.*::health_flags::(.*)$/m.exec((await call(adminPort, 'GET', '/clusters')).body)?.[1];
    expect(await healthOf({})).toBe('healthy');
    expect(await healthOf({ authority: 'sallyport' })).toBe('healthy');
  });

  describe('with the defaults of Envoy Gateway in place of the ClientTrafficPolicy', () => {
    let defaults: RunningEnvoyGateway;

    beforeAll(async () => {
      defaults = await start((recorded) => {
        const manager = managerOf(recorded);
        manager.pathWithEscapedSlashesAction = 'UNESCAPE_AND_REDIRECT';
        delete manager.earlyHeaderMutationExtensions;
      });
    });

    afterAll(() => defaults.close());

    it('an encoded slash is a redirect to the decoded path, which is then checked', async () => {
      const answer = await call(defaults.port, 'GET', '/3rdparty/v1%2Fmessages');
      expect([answer.status, answer.headers['location']]).toEqual([307, MESSAGES]);
      expect((await call(defaults.port, 'GET', MESSAGES)).status).toBe(401);
    });

    it('an encoded slash behind a public path opens no protected one', async () => {
      const answer = await call(defaults.port, 'GET', '/v1/..%2f3rdparty/v1/messages');
      expect([answer.status, answer.headers['location']]).toEqual([307, MESSAGES]);
      expect(services.received).toEqual([]);
    });

    it('Sallyport alone removes the identity and the overrides that a client claims', async () => {
      const [wanted] = CASES as readonly [Case];
      const headers = [
        'x-auth-subject',
        'x.auth.subject',
        'x-http-method-override',
        'x-original-url',
        'x-forwarded-host',
      ];
      const { method, path, host, headers: own } = requestOf(wanted, issuers);
      const claimed = headers.map((name) => [name, 'mallory'] as const);
      const answer = await sendRequest({
        port: defaults.port,
        method,
        path,
        headers: [['Host', host], ...own, ...claimed],
      });
      expect(answer.status).toSatisfy(isSuccess);
      const values = Object.values(services.received[0]?.headers ?? {}).flat();
      expect(values).not.toContain('mallory');
    });

    it('a name with an underscore is refused', async () => {
      const headers = [
        ['Host', 'gateway'],
        ['x_auth_subject', 'mallory'],
      ] as const;
      const answer = await sendRequest({ port: defaults.port, method: 'GET', path: '/health', headers });
      expect([answer.status, services.received]).toEqual([400, []]);
    });
  });

  describe('with the policy of kept answers', () => {
    let kept: RunningEnvoyGateway;

    beforeAll(async () => {
      kept = await start(applyKeptPolicy);
    });

    afterAll(() => kept.close());

    it('lets requests pass by kept answers, as if Sallyport had answered, until the token is revoked', async () => {
      const tokens = '/3rdparty/v1/auth/token';
      const issued = await call(kept.port, 'POST', tokens, OWNER, { scopes: ['messages:send'] });
      const { id, access_token: token } = JSON.parse(issued.body);
      const send = async (): Promise<number> => (await call(kept.port, 'POST', MESSAGES, `Bearer ${token}`, {})).status;
      services.received.length = 0;
      await expect
        .poll(async () => {
          expect(await send()).toBe(202);
          return await keptPasses(kept);
        })
        .toBeGreaterThan(1);
      const identities = services.received.map(({ headers }) => [headers['x-auth-subject'], headers['authorization']]);
      expect(new Set(identities.map((identity) => JSON.stringify(identity))).size).toBe(1);
      expect((await call(kept.port, 'DELETE', `${tokens}/${id}`, OWNER)).status).toBe(204);
      const revokedMs = performance.now();
      let lastPassMs = 0;
      for (let status = 202; status === 202; ) {
        const sentMs = performance.now();
        status = await send();
        if (status === 202) lastPassMs = sentMs - revokedMs;
      }
      expect(lastPassMs).toBeLessThanOrEqual(1_000);
    });
  });

  it('denies with 503 while Sallyport cannot be reached', async () => {
    await sallyport.kill9();
    expect((await call(gateway.port, 'GET', '/health')).status).toBe(503);
    expect(services.received).toEqual([]);
  });

  /** How many requests Envoy did not ask about. */
  async function keptPasses({ adminPort }: RunningEnvoyGateway): Promise<number> {
    const { body } = await call(adminPort, 'GET', '/stats?filter=ext_authz.disabled');
    return Number(/ext_authz\.disabled: (\d+)/.exec(body)?.[1] ?? 0);
  }

  function logOf({ log }: RunningEnvoyGateway): Promise<string> {
    return readFile(log, 'utf8');
  }

  function start(edit?: Parameters<typeof startEnvoyGateway>[0]['edit']): Promise<RunningEnvoyGateway> {
    const { extAuthz, tokens } = sallyport.ports;
    const ports = { 9191: extAuthz, 9192: tokens, 9301: services.ports.messages, 9302: services.ports.devices };
    return startEnvoyGateway({
      ports,
      certificates: folder,
      edit: (recorded) => {
        // Hashing passwords is slow while tests run in parallel.
        for (const { typedConfig } of managerOf(recorded).httpFilters) {
          if (typedConfig.grpcService !== undefined) typedConfig.grpcService.timeout = '10s';
        }
        edit?.(recorded);
      },
    });
  }

  function ask(wanted: Case): Promise<HttpResponse> {
    const { method, path, host, headers } = requestOf(wanted, issuers);
    if (wanted.overHttp2 === true)
      return sendHttp2Request({ port: gateway.port, method, path, headers: [[':authority', host], ...headers] });
    return sendRequest({ port: gateway.port, method, path, headers: [['Host', host], ...headers] });
  }

  /** Both doors accept only clients with a certificate, as in the base. */
  function withTls(config: Record<string, unknown>): void {
    // `startSallyport` writes addresses.
    const { extAuthz, tokens, ...others } = config['listen'] as Record<string, string>;
    const file = (name: string): string => join(folder, name);
    const tls = { cert: file('sallyport.pem'), key: file('sallyport.key'), clientCa: file('ca.pem') };
    config['listen'] = { ...others, extAuthz: { address: extAuthz, tls }, tokens: { address: tokens, tls } };
  }

  function withKeep(config: Record<string, unknown>): void {
    config['revocation'] = { maxStaleness: '1s', keep: '700ms' };
  }
});
