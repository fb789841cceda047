import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CaseIssuers, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { GATEWAYS } from '../support/servers/envoy.ts';
import { type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { sendHttp2Request } from '../support/servers/http2-client.ts';
import { optionsFor, type Platform, startPlatform } from '../support/servers/platform.ts';
import { REDIS, SQLITE, type StoreUnderTest } from '../support/servers/stores.ts';
import { expectDenied, expectUpstream, isDenied, isSuccess, requestOf } from './case-run.ts';
import type { Case } from './cases.ts';
import { CASES } from './cases.ts';

let issuers: CaseIssuers;
let store: StoreUnderTest;
let platform: Platform;
let checks: CheckClient;
/** The output of earlier processes. */
const outputs: string[] = [];

/** The doors do not depend on the store, so each transport has one. Two gateways are enough for the second: one for each form. */
const RUNS = [
  { ...SQLITE, transport: 'fast', gateways: GATEWAYS },
  { ...REDIS, transport: 'grpc-js', gateways: GATEWAYS.slice(0, 2) },
] as const;

describe.each(RUNS)('on $name with transport $transport', ({ start, transport, gateways }) => {
  beforeAll(async () => {
    outputs.length = 0;
    issuers = await startCaseIssuers();
    store = await start();
    for (const secret of Object.values(store.env)) issuers.secrets.add(secret);
    platform = await startPlatform({ ...optionsFor(issuers, store), transport });
    checks = connectChecks(platform.sallyport.ports.extAuthz);
  });

  afterAll(async () => {
    checks.close();
    await platform.close();
    await store.close();
    issuers.close();
  });

  beforeEach(() => {
    platform.services.received.length = 0;
  });

  describe.each(['plain', 'raw'] as const)('the ext_authz door, %s headers', (form) => {
    it.each(CASES)('$name', async (wanted) => {
      const { method, path, host, headers } = requestOf(wanted, issuers);
      const outcome = await checks.check({ method, path, host, headers }, form);
      if (isDenied(wanted.expected)) {
        if (outcome.outcome !== 'denied') throw new Error('it passed');
        expect(outcome.code).not.toBe(0);
        expectDenied(outcome.answer, wanted.expected);
      } else {
        if (outcome.outcome !== 'passes') throw new Error(`denied: ${outcome.answer.body}`);
        expectUpstream(Object.fromEntries(outcome.upstream), wanted.expected);
      }
    });
  });

  describe.each(gateways.map((gateway, index) => ({ ...gateway, index })))('Envoy, $name', ({ index, normalises }) => {
    it.each(CASES.filter(({ directOnly }) => directOnly !== true))('$name', async (wanted) => {
      const answer = await askGateway(index, wanted);
      if (isDenied(wanted.expected)) {
        expectDenied(answer, wanted.expected);
        expect(answer.headers['content-type']).toBe('application/problem+json');
        expect(platform.services.received).toEqual([]);
      } else {
        expect(answer.status, answer.body).toSatisfy(isSuccess);
        expect(platform.services.received).toHaveLength(1);
        expectUpstream(platform.services.received[0]?.headers ?? {}, wanted.expected);
      }
    });

    it.each(CASES.filter(({ directOnly, path }) => directOnly === true && path?.startsWith('/') === true))(
      'lets nothing reach an upstream: $name',
      async (wanted) => {
        const answer = await askGateway(index, { ...wanted, path: encodeURI(wanted.path ?? '') });
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(platform.services.received).toEqual([]);
      },
    );

    it('passes the body of a request on unchanged', async () => {
      const wanted = CASES.find(({ name }) => name.startsWith('a token of Auth0'));
      if (wanted === undefined) throw new Error('no such case');
      const body = '{"recipient":"+15550100","body":"Your code is 123456 ✓"}';
      const answer = await askGateway(index, wanted, body);
      expect(answer.status).toBe(200);
      expect(platform.services.received[0]?.body).toBe(body);
    });

    it('refuses or strips identity headers that are spelt with underscores', async () => {
      const wanted = CASES[0] as Case;
      const answer = await askGateway(index, { ...wanted, headers: [['x_auth_subject', 'mallory']] });
      expect(answer.status).toBe(normalises ? 400 : 202);
      expect(platform.services.received.map(({ headers }) => headers['x_auth_subject'])).toEqual(
        normalises ? [] : [undefined],
      );
    });
  });

  it('Envoy denies with 503 while Sallyport cannot be reached, and passes requests again afterwards', async () => {
    const wanted = CASES[0] as Case;
    await platform.sallyport.kill9();
    outputs.push(platform.sallyport.output());
    const answer = await askGateway(0, wanted);
    expect(answer.status).toBe(503);
    expect(platform.services.received).toEqual([]);
    await platform.restart();
    await expect.poll(async () => (await askGateway(0, wanted)).status, { timeout: 10_000 }).toBe(202);
  });

  it('Sallyport logs no token and no password at level trace', () => {
    const written = [...outputs, platform.sallyport.output(), platform.envoy.output()].join('\n');
    expect(written).toContain('"reason":"token_invalid"');
    expect(issuers.secrets.size).toBeGreaterThan(50);
    expect([...issuers.secrets].filter((secret) => written.includes(secret))).toEqual([]);
  });
});

function askGateway(index: number, wanted: Case, body = ''): Promise<HttpResponse> {
  const { method, path, host, headers } = requestOf(wanted, issuers);
  const port = platform.envoy.gateways[index]?.port ?? 0;
  if (wanted.overHttp2 === true)
    return sendHttp2Request({ port, method, path, headers: [[':authority', host], ...headers], body });
  return sendRequest({ port, method, path, headers: [['Host', host], ...headers], body });
}
