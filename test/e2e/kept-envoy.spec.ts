import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findEnvoy, findOldestEnvoy } from '../../tools/envoy.ts';
import { parseExposition } from '../support/exposition.ts';
import { KEPT_FIELD, keeping } from '../support/kept/keeping.ts';
import { type CaseIssuers, claims, corporateToken, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { startUpstream, type Upstream } from '../support/servers/gateways/upstream.ts';
import { call } from '../support/servers/http-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';

const LISTENERS = [{ name: 'kept', normalises: true, rawHeaders: true, edit: keeping() }];

let issuers: CaseIssuers;
let upstream: Upstream;
let sallyport: Sallyport;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  upstream = await startUpstream();
  const edit = (config: Record<string, unknown>): void => {
    issuers.configure(config);
    config['revocation'] = { maxStaleness: '20s', keep: '15s' };
  };
  sallyport = await startSallyport({ env: issuers.env, edit });
});

afterAll(async () => {
  await sallyport.close();
  upstream.close();
  issuers.close();
});

async function metric(name: string, labels: Readonly<Record<string, string>>): Promise<number | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${sallyport.ports.admin}/metrics`)).text();
  return parseExposition(text).value(name, labels);
}

describe.each([
  { version: '1.40', find: findEnvoy },
  { version: '1.36', find: findOldestEnvoy },
])('Envoy $version', ({ find }) => {
  let envoy: RunningEnvoy;

  beforeAll(async () => {
    const { extAuthz, tokens } = sallyport.ports;
    const ports = { sallyport: extAuthz, tokens, messages: upstream.port, devices: upstream.port };
    envoy = await startEnvoy(ports, { listeners: LISTENERS, program: await find() });
  });

  afterAll(() => envoy.close());

  it('keeps the answer to a request from its second time on', async () => {
    const authorization = `Bearer ${corporateToken(issuers, 'EdDSA', claims())}`;
    const port = envoy.gateways[0]?.port ?? 0;
    const kept: unknown[] = [];
    for (let time = 1; time <= 5; time++) {
      const { status, headers } = await call(port, 'POST', '/3rdparty/v1/messages', authorization, {});
      kept.push([status, headers[KEPT_FIELD]]);
    }
    expect(kept).toEqual([
      [200, ''],
      [200, ''],
      [200, 'true'],
      [200, 'true'],
      [200, 'true'],
    ]);
  });

  it('reports the requests that passed so with the next question, of any caller', async () => {
    const port = envoy.gateways[0]?.port ?? 0;
    const labels = { route: '/3rdparty/v1/messages/{id}', issuer: 'corporate' };
    const before = (await metric('sallyport_kept_passes_total', labels)) ?? 0;
    const authorization = `Bearer ${corporateToken(issuers, 'EdDSA', claims({ scope: 'messages:read' }))}`;
    for (let time = 1; time <= 7; time++) await call(port, 'GET', '/3rdparty/v1/messages/1', authorization);
    expect((await metric('sallyport_kept_passes_total', labels)) ?? 0).toBe(before);
    expect((await call(port, 'GET', '/3rdparty/v1/messages', 'Bearer another')).status).toBe(401);
    expect(await metric('sallyport_kept_passes_total', labels)).toBe(before + 5);
  });
});
