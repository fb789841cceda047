import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OtlpReceiver } from '../support/otlp/receiver.ts';
import { newTrace, type SaidSpan, saidOf } from '../support/otlp/traces.ts';
import {
  AUDIENCE,
  type AuthorizationServer,
  GATEWAY,
  startAuthorizationServer,
} from '../support/servers/authorization-server.ts';
import { type CaseIssuers, claims, corporateToken, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { call } from '../support/servers/http-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';

/** Long, because the machine may be busy; no test waits for as long as this. */
const WAIT = { timeout: 60_000, interval: 200 };
const CLIENT = 3;

let issuers: CaseIssuers;
let server: AuthorizationServer;
let receiver: OtlpReceiver;
let sallyport: Sallyport;
let checks: CheckClient;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  server = await startAuthorizationServer();
  receiver = await new OtlpReceiver().listen();
  const env = {
    ...issuers.env,
    AS_SECRET: GATEWAY.secret,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_EXPORTER_OTLP_TIMEOUT: '2000',
  };
  sallyport = await startSallyport({ env, edit: configure });
  checks = connectChecks(sallyport.ports.extAuthz);
});

afterAll(async () => {
  checks.close();
  await sallyport.close();
  receiver.close();
  await server.stop();
  issuers.close();
});

function configure(config: Record<string, unknown>): void {
  issuers.configure(config);
  const introspection = { url: server.introspection, clientId: GATEWAY.id, clientSecret: { env: 'AS_SECRET' } };
  // The demo's file has a list.
  const written = config['issuers'] as object[];
  written.push({ name: 'opaque', issuer: server.origin, audience: AUDIENCE, introspection });
  config['telemetry'] = { endpoint: receiver.url, metrics: false };
}

/** Decides about a token, and returns the spans of the decision. */
async function traced(token: string): Promise<SaidSpan[]> {
  const { traceparent, traceId } = newTrace();
  await check(token, traceparent);
  return saidOf(receiver, traceId);
}

function check(token: string, traceparent: string) {
  const headers: [string, string][] = [
    ['authorization', `Bearer ${token}`],
    ['traceparent', traceparent],
  ];
  return checks.check({ method: 'POST', path: '/3rdparty/v1/messages', host: 'h', headers }, 'raw');
}

describe('a decision has a span for', () => {
  it('an introspection, and for none whose response is cached', async () => {
    const token = await server.issue('messages:send');
    const before = server.introspections();
    expect(await traced(token)).toMatchObject([
      { name: 'authorize', attributes: { 'sallyport.outcome': 'allow', 'sallyport.issuer': 'opaque' } },
      { name: 'introspect token', kind: CLIENT, failed: false, attributes: { 'http.request.method': 'POST' } },
      { name: 'read revocation set' },
    ]);
    expect(await traced(token)).toMatchObject([{ name: 'authorize', attributes: { 'sallyport.known': true } }]);
    expect(server.introspections()).toBe(before + 1);
    expect(Buffer.concat(receiver.requests.map(({ body }) => body)).includes(token)).toBe(false);
  });

  it('an introspection that fails', async () => {
    server.disturbance = (_request, response) => void response.writeHead(500).end();
    const token = await server.issue('messages:send');
    expect(await traced(token)).toMatchObject([
      { name: 'authorize', failed: true, attributes: { 'error.type': 'unavailable' } },
      { name: 'introspect token', kind: CLIENT, failed: true, attributes: { 'error.type': expect.any(String) } },
    ]);
    server.disturbance = undefined;
  });

  it('the fetch of a key set that its token causes', async () => {
    // After a fetch, a token with an unknown key causes none for a while.
    const spans = await vi.waitUntil(async () => {
      const said = await traced(corporateToken(issuers, 'RS256', claims(), { kid: 'rotated' }));
      return said.length > 1 && said;
    }, WAIT);
    expect(spans).toMatchObject([
      {
        name: 'authorize',
        failed: false,
        attributes: { 'sallyport.reason': 'token_invalid', 'sallyport.known': false },
      },
      { name: 'fetch key set', kind: CLIENT, failed: false, attributes: { 'http.request.method': 'GET' } },
    ]);
  });
});

it('a receiver that is gone fails no decision, and is reported and counted', async () => {
  const token = corporateToken(issuers, 'RS256');
  receiver.close();
  for (let count = 0; count < 20; count++) {
    expect(await check(token, newTrace().traceparent)).toMatchObject({ outcome: 'passes' });
  }
  const lost = await vi.waitUntil(() => linesWith('telemetry could not be sent')[0], WAIT);
  expect(lost).toMatchObject({ level: 'warn', signal: 'traces', cause: expect.stringContaining('ECONNREFUSED') });
  const { body } = await call(sallyport.ports.admin, 'GET', '/metrics');
  expect(body).toMatch(/sallyport_telemetry_failures_total\{signal="traces"\} [1-9]/);
});

function linesWith(words: string): Record<string, unknown>[] {
  const lines = sallyport.output().split('\n').slice(0, -1);
  return lines.filter((line) => line.includes(words)).map((line) => JSON.parse(line));
}
