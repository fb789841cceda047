import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CaseIssuers, claims, corporateToken, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { installedGateways, type RunningGateway, startGateway } from '../support/servers/gateways/gateway.ts';
import { sendRequest } from '../support/servers/http-client.ts';
import { type RawResponse, sendRawRequest, valuesOf } from '../support/servers/raw-client.ts';
import { type Services, startServices } from '../support/servers/services.ts';
import { startVerify, type Verify } from '../support/servers/verify.ts';

const MAX_STALENESS_MS = 5_000;
const PATH = '/3rdparty/v1/messages';
/** What docs/kept-answers.md says of a cache in nginx. */
const CACHE = [
  ['server_tokens off;', 'server_tokens off; proxy_cache_path cache keys_zone=kept:1m;'],
  ['proxy_cache off;', 'proxy_cache kept; proxy_cache_key "$request_method $host $request_uri $http_authorization";'],
] as const;

const nginx = (await installedGateways()).filter(({ kind }) => kind.name === 'nginx');

describe.each(nginx)('$label, which keeps answers', ({ kind, isMissing }) => {
  let issuers: CaseIssuers;
  let verify: Verify;
  let services: Services;
  let gateway: RunningGateway | undefined;

  beforeAll(async () => {
    issuers = await startCaseIssuers();
    verify = await startVerify({
      listener: { address: '127.0.0.1:0', mode: 'nginx' },
      env: issuers.env,
      edit: (config) => {
        issuers.configure(config);
        // The example has them as a list.
        (config['routes'] as object[]).push({ method: 'GET', path: '/3rdparty/v1/{any}', authenticated: true });
        config['revocation'] = { maxStaleness: `${MAX_STALENESS_MS}ms`, keep: `${MAX_STALENESS_MS}ms` };
      },
    });
    services = await startServices();
    const ports = { verify: verify.port, tokens: verify.port, ...services.ports };
    if (!isMissing) gateway = await startGateway(kind, ports, CACHE);
  });

  afterAll(async () => {
    await gateway?.close();
    services.close();
    await verify.close();
    issuers.close();
  });

  /** Asks Sallyport as nginx does. */
  function ask(token: string): Promise<RawResponse> {
    const question = [
      ['Host', 'sallyport'],
      ['X-Original-Method', 'GET'],
      ['X-Original-URL', `http://api.example.com${PATH}`],
      ['Authorization', `Bearer ${token}`],
    ] as const;
    return sendRawRequest({ host: '127.0.0.1', port: verify.port }, { line: 'GET /auth HTTP/1.1', headers: question });
  }

  it('reads until when it may keep an answer that allows, and that no other cache may', async () => {
    const answer = await ask(corporateToken(issuers, 'RS256'));
    expect(answer.status).toBe(200);
    const [written = ''] = valuesOf(answer, 'x-accel-expires');
    expect(written).toMatch(/^@\d+$/);
    expect((Number(written.slice(1)) + 1) * 1000).toBeLessThanOrEqual(Date.now() + MAX_STALENESS_MS);
    expect(valuesOf(answer, 'cache-control')).toEqual(['no-store']);
  });

  it('reads of a denial that no cache may keep it', async () => {
    const answer = await ask('made.up.token');
    expect(answer.status).toBe(401);
    expect(valuesOf(answer, 'x-accel-expires')).toEqual([]);
    expect(valuesOf(answer, 'cache-control')).toEqual(['no-store']);
  });

  it.skipIf(isMissing)(
    'keeps an answer, and lets no token pass later than maxStaleness after its revocation',
    async () => {
      const token = corporateToken(issuers, 'RS256', claims({ jti: 'kept-by-nginx' }));
      const status = async (): Promise<number> => {
        const headers = [['authorization', `Bearer ${token}`]] as const;
        return (await sendRequest({ port: gateway?.port ?? 0, method: 'GET', path: PATH, headers })).status;
      };
      expect(await status()).toBe(200);
      revoke('sallyport:revoked:corporate:kept-by-nginx');
      const acknowledgedMs = performance.now();
      let lastPassMs = 0;
      for (;;) {
        const sentMs = performance.now() - acknowledgedMs;
        if ((await status()) !== 200) break;
        lastPassMs = sentMs;
        expect(sentMs).toBeLessThanOrEqual(MAX_STALENESS_MS);
        await wait(10);
      }
      // Without a cache, or with no-store alone, it would have been denied within milliseconds.
      expect(lastPassMs).toBeGreaterThan(1_000);
      expect(await status()).toBe(401);
    },
  );

  it.skipIf(isMissing)('uses no answer about another path, however a client cuts path and credential', async () => {
    const token = `Bearer ${corporateToken(issuers, 'RS256')}`;
    const ask = (path: string, authorization: string) =>
      sendRequest({ port: gateway?.port ?? 0, method: 'GET', path, headers: [['authorization', authorization]] });
    const devices = '/3rdparty/v1/devices';
    for (const cut of ['|', ':', '~', '$', '"', '=']) {
      services.received.length = 0;
      expect((await ask(devices, token)).status).toBe(403);
      await ask(`${devices}${cut}b`, token);
      const passed = services.received.length;
      await ask(devices, `b${cut}${token}`);
      expect(services.received).toHaveLength(passed);
    }
  });

  /** Revokes in the store, like an operator. */
  function revoke(key: string): void {
    const database = new DatabaseSync(join(verify.folder, 'sallyport.db'), { timeout: 5_000 });
    database.prepare('INSERT INTO revocation (key, value, expires_at) VALUES (?, ?, NULL)').run(key, '');
    database.close();
  }
});
