import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseExposition } from '../support/exposition.ts';
import { OtlpReceiver } from '../support/otlp/receiver.ts';
import { decisionsOf, isWithin, newTrace, saidOf, spansOf } from '../support/otlp/traces.ts';
import {
  ACCOUNT,
  type CaseIssuers,
  claims,
  corporateToken,
  OWNER,
  startCaseIssuers,
} from '../support/servers/case-issuers.ts';
import { connectChecks } from '../support/servers/check-client.ts';
import { basic, call } from '../support/servers/http-client.ts';
import { type Platform, startPlatform } from '../support/servers/platform.ts';
import { LOGGED } from '../support/servers/process.ts';
import { startSallyport } from '../support/servers/sallyport.ts';

const MESSAGES = '/3rdparty/v1/messages';
const OTLP_SECRET = 'otlp-secret-4711';
const LOADED = 'OpenTelemetry is loaded';
/** In paths and queries only. */
const MARK = 'mark-4711';
const [SERVER, CLIENT, INTERNAL] = [2, 3, 1];
/** Two processes read the time at different moments, and a busy machine may stop either in between. */
const CLOCKS_NS = 2_000_000n;
/** Long, because the machine may be busy; no test waits for as long as this. */
const WAIT = { timeout: 60_000, interval: 100 };
/** Says when a process loads the first module of OpenTelemetry. */
const TELL_MODULES = `import { registerHooks } from 'node:module';
const hooks = registerHooks({ load(url, context, next) {
  if (!url.includes('@opentelemetry')) return next(url, context);
  process.stderr.write('${LOADED}\\n');
  hooks.deregister();
  return next(url, context);
} });`;
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(TELL_MODULES)}`;

let issuers: CaseIssuers;
let receiver: OtlpReceiver;
let platform: Platform;

/** The example's configuration with telemetry, if there is any. */
function configured(telemetry: object | undefined) {
  return (config: Record<string, unknown>): void => {
    issuers.configure(config);
    config['log'] = { passes: 1 };
    if (telemetry !== undefined) config['telemetry'] = telemetry;
  };
}

function telemetryTo(url: string, more: object = {}): object {
  return {
    endpoint: url,
    headers: { authorization: { env: 'OTLP_TOKEN' } },
    metrics: { interval: '1s' },
    logs: true,
    resource: { 'deployment.environment.name': 'test' },
    ...more,
  };
}

beforeAll(async () => {
  issuers = await startCaseIssuers();
  receiver = await new OtlpReceiver().listen();
  const env = {
    ...issuers.env,
    NODE_OPTIONS,
    OTLP_TOKEN: `Bearer ${OTLP_SECRET}`,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=sms,deployment.environment.name=other',
  };
  const edit = configured(telemetryTo(receiver.url));
  platform = await startPlatform({ env, edit }, { traces: Number(new URL(receiver.url).port) });
});

afterAll(async () => {
  await platform.close();
  receiver.close();
  issuers.close();
});

describe('a request with a trace', () => {
  it('is one trace from Envoy through Sallyport to the service', async () => {
    const { traceparent, traceId } = newTrace();
    expect((await send({ authorization: `Bearer ${corporateToken(issuers, 'RS256')}`, traceparent })).status).toBe(202);
    const envoys = await spansOf(receiver, traceId, 'envoy', 2);
    const [decision, ...others] = await decisionsOf(receiver, traceId);
    if (decision === undefined) throw new Error('expected a span');
    expect(others).toEqual([]);
    const asking = envoys.find(({ spanId }) => spanId === decision.parentSpanId);
    expect([asking?.name, decision.kind]).toEqual([expect.stringContaining('Check'), SERVER]);
    expect(isWithin(decision, asking, CLOCKS_NS)).toBe(true);
    const forwarded = String(platform.services.received.at(-1)?.headers['traceparent']);
    expect(forwarded.split('-')[1]).toBe(traceId);
    expect(envoys.map(({ spanId }) => spanId)).toContain(forwarded.split('-')[2]);
  });

  it('that begins in Envoy has one id in its spans, in the decision line and in the access log', async () => {
    const path = `${MESSAGES}/begins-in-envoy`;
    expect((await send({ authorization: OWNER, method: 'GET', path })).status).toBe(200);
    const access = await vi.waitUntil(() => accessLineOf(path), WAIT);
    const { traceId, requestId } = access;
    expect(traceId).toMatch(/^[\da-f]{32}$/);
    const [decision] = await decisionsOf(receiver, traceId);
    expect(lineOf(traceId)).toMatchObject({ door: 'ext-authz', requestId, spanId: decision?.spanId });
    const envoys = await spansOf(receiver, traceId, 'envoy', 2);
    expect(envoys.map(({ spanId }) => spanId)).toContain(decision?.parentSpanId);
    expect(envoys.filter(({ parentSpanId }) => parentSpanId === '')).toMatchObject([{ name: 'ingress', kind: SERVER }]);
  });

  it('says how it was decided, and what the decision waited for', async () => {
    const authorization = `Bearer ${corporateToken(issuers, 'RS256', claims({ sub: 'telemetry' }))}`;
    const facts = {
      'sallyport.door': 'ext-authz',
      'sallyport.outcome': 'allow',
      'sallyport.scheme': 'bearer',
      'sallyport.issuer': 'corporate',
      'http.request.method': 'POST',
      'http.route': MESSAGES,
    };
    expect(await traced({ authorization })).toEqual([
      { name: 'authorize', failed: false, attributes: { ...facts, 'sallyport.known': false } },
      { name: 'read revocation set', kind: CLIENT, failed: false, attributes: { 'db.system.name': 'sqlite' } },
    ]);
    expect(await traced({ authorization })).toEqual([
      { name: 'authorize', failed: false, attributes: { ...facts, 'sallyport.known': true } },
    ]);
  });

  it('shows the reads and the hashing of a password', async () => {
    const [decision, ...waits] = await traced({ authorization: basic(ACCOUNT.name, 'wrong-password-4711') });
    expect(decision?.attributes).toMatchObject({
      'sallyport.outcome': 'deny',
      'sallyport.reason': 'credentials_invalid',
      'sallyport.known': false,
    });
    expect(waits).toEqual([
      { name: 'read account', kind: CLIENT, failed: false, attributes: { 'db.system.name': 'sqlite' } },
      { name: 'hash password', kind: INTERNAL, failed: false, attributes: {} },
    ]);
  });

  it('names the route and no path, and no method that is not common', async () => {
    const authorization = OWNER;
    const [known] = await traced({ authorization, method: 'GET', path: `${MESSAGES}/${MARK}?q=${MARK}` });
    expect(known?.attributes).toMatchObject({ 'http.route': `${MESSAGES}/{id}`, 'sallyport.outcome': 'allow' });
    const [none] = await traced({ authorization, method: 'PURGE', path: `/${MARK}?q=${MARK}` });
    expect(none?.attributes).toEqual({
      'sallyport.door': 'ext-authz',
      'sallyport.outcome': 'deny',
      'sallyport.reason': 'route_denied',
      'sallyport.known': true,
      'http.request.method': '_OTHER',
    });
  });

  it('has its ids in the decision line, and in the log record', async () => {
    const { traceparent, traceId } = newTrace();
    await send({ authorization: 'Bearer nonsense', traceparent });
    const [decision] = await decisionsOf(receiver, traceId);
    await vi.waitUntil(() => receiver.records.some((record) => record.traceId === traceId), WAIT);
    const record = receiver.records.find((one) => one.traceId === traceId);
    expect(record).toMatchObject({ severity: 'info', body: 'denied', spanId: decision?.spanId });
    expect(record?.attributes).toMatchObject({ log: 'decision', reason: 'token_invalid' });
    expect(lineOf(traceId)).toMatchObject({ spanId: decision?.spanId });
  });
});

describe('a request has no span', () => {
  it.each(['sampled: no', 'malformed', 'absent'])('if its traceparent is %s', async (kind) => {
    const { traceparent, traceId } = newTrace();
    const sent = { 'sampled: no': `${traceparent.slice(0, -2)}00`, malformed: `${traceparent}-01`, absent: undefined }[
      kind
    ];
    const checks = connectChecks(platform.sallyport.ports.extAuthz);
    const before = receiver.spans.filter(({ service }) => service === 'sallyport').length;
    const headers = [['x-request-id', traceId], ...(sent === undefined ? [] : [['traceparent', sent]])] as [
      string,
      string,
    ][];
    await checks.check({ method: 'GET', path: MESSAGES, host: 'h', headers }, 'raw');
    checks.close();
    // A later decision's span arrives in the same or a later export.
    await traced({ authorization: OWNER });
    const spans = receiver.spans.filter(({ service }) => service === 'sallyport').slice(before);
    expect(spans.filter(({ name, parentSpanId }) => name === 'authorize' && parentSpanId === '')).toEqual([]);
    expect(spans.filter((span) => span.traceId === traceId)).toEqual([]);
  });
});

describe('what is sent', () => {
  it('has the names and the values of /metrics', async () => {
    await vi.waitFor(async () => {
      const scrape = parseExposition((await call(platform.sallyport.ports.admin, 'GET', '/metrics')).body);
      const stable = receiver.metrics.filter(({ name }) => !MOVING.test(name));
      expect(stable.length).toBeGreaterThan(20);
      for (const { name, type, samples } of stable) {
        expect([name, type === 'counter']).toEqual([name, name.endsWith('_total')]);
        for (const { name: series, labels, value } of samples) {
          const texts = Object.fromEntries(Object.entries(labels).map(([key, text]) => [key, String(text)]));
          expect([series, texts, value]).toEqual([series, texts, scrape.value(series, texts)]);
        }
      }
    }, WAIT);
    const { body } = await call(platform.sallyport.ports.admin, 'GET', '/metrics');
    const names = [...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(receiver.metrics.map(({ name }) => name)).toEqual(names);
    const unitOf = (name: string) => receiver.metrics.find((metric) => metric.name === name)?.unit;
    expect(unitOf('sallyport_decision_duration_seconds')).toBe('s');
    expect(unitOf('process_resident_memory_bytes')).toBe('By');
  });

  it('is authenticated, and comes from a resource that the file and the environment describe', () => {
    const own = receiver.requests.filter(({ headers }) => headers.authorization !== undefined);
    expect(new Set(own.map(({ path }) => path))).toEqual(new Set(['/v1/traces', '/v1/metrics', '/v1/logs']));
    expect(new Set(own.map(({ headers }) => headers.authorization))).toEqual(new Set([`Bearer ${OTLP_SECRET}`]));
    expect(receiver.resources.find((resource) => resource['service.name'] === 'sallyport')).toMatchObject({
      'service.version': expect.any(String),
      'service.instance.id': expect.any(String),
      'service.namespace': 'sms',
      'deployment.environment.name': 'test',
    });
  });

  it('holds no credential and no part of a path', async () => {
    const token = corporateToken(issuers, 'RS256', claims({ sub: 'leak' }));
    for (const authorization of [`Bearer ${token}`, OWNER, `Bearer ${token}, Bearer ${token}`, `Basic ${token}`]) {
      await send({ authorization, traceparent: newTrace().traceparent, path: `${MESSAGES}?token=${MARK}` });
      await send({ authorization, traceparent: newTrace().traceparent, path: `/${MARK}` });
    }
    await traced({ authorization: OWNER });
    const own = receiver.requests.filter(({ headers }) => headers.authorization !== undefined);
    const sent = Buffer.concat(own.map(({ body }) => body)).toString('latin1');
    const secrets = [
      ...token.split('.'),
      ACCOUNT.password,
      OWNER.slice('Basic '.length),
      'wrong-password',
      MARK,
      OTLP_SECRET,
    ];
    expect(secrets.filter((secret) => sent.includes(secret))).toEqual([]);
    expect(platform.sallyport.output()).not.toContain(OTLP_SECRET);
  });
});

describe('a receiver that does not answer', () => {
  it('delays no decision, and a stop by no more than a second', async () => {
    receiver.behaviour = 'hang';
    for (let count = 0; count < 50; count++) {
      const { traceparent } = newTrace();
      expect((await send({ authorization: OWNER, traceparent })).status).toBe(202);
    }
    await platform.sallyport.stop();
    await expect.poll(() => platform.sallyport.output(), LOGGED).toContain('"msg":"stopped"');
    receiver.behaviour = 'accept';
    await platform.restart();
    // Envoy notices that Sallyport is back when it likes.
    await vi.waitUntil(async () => (await send({ authorization: OWNER })).status === 202, WAIT);
  });

  it('is reported and counted, and traces arrive again as soon as it answers', async () => {
    receiver.behaviour = { status: 400 };
    await send({ authorization: OWNER, traceparent: newTrace().traceparent });
    await vi.waitUntil(() => platform.sallyport.output().includes('telemetry could not be sent'), WAIT);
    const { body } = await call(platform.sallyport.ports.admin, 'GET', '/metrics');
    expect(body).toMatch(/sallyport_telemetry_failures_total\{signal="\w+"\} [1-9]/);
    receiver.behaviour = 'accept';
    expect(await traced({ authorization: OWNER })).toMatchObject([{ name: 'authorize' }]);
  });
});

describe('a reload', () => {
  it('begins traces for requests without one, under another name', async () => {
    const telemetry = telemetryTo(receiver.url, { serviceName: 'gate', traces: { ratio: 1 }, logs: false });
    await platform.sallyport.rewrite(configured(telemetry));
    const checks = connectChecks(platform.sallyport.ports.extAuthz);
    await vi.waitUntil(async () => {
      await checks.check({ method: 'GET', path: '/health', host: 'h', headers: [] }, 'raw');
      return receiver.spans.some(({ service }) => service === 'gate');
    }, WAIT);
    checks.close();
    const root = receiver.spans.find(({ service }) => service === 'gate');
    expect(root).toMatchObject({ name: 'authorize', parentSpanId: '', attributes: { 'http.route': '/health' } });
    expect(platform.sallyport.output()).not.toContain('needRestart');
  });

  it('ends it', async () => {
    await platform.sallyport.rewrite(configured(undefined));
    // The line of a decision names the span, if there is one.
    const sent: string[] = [];
    const untraced = await vi.waitUntil(async () => {
      const { traceparent, traceId } = newTrace();
      sent.push(traceId);
      await send({ authorization: OWNER, traceparent });
      return sent.find((one) => lineOf(one)?.['spanId'] === undefined && lineOf(one) !== undefined);
    }, WAIT);
    await spansOf(receiver, untraced, 'envoy', 2);
    expect(await call(platform.sallyport.ports.admin, 'GET', '/livez')).toMatchObject({ status: 200 });
    expect(receiver.spans.filter(({ service, traceId }) => service !== 'envoy' && traceId === untraced)).toEqual([]);
  });
});

describe('OpenTelemetry', () => {
  it('is loaded only with telemetry', async () => {
    await expect.poll(() => platform.sallyport.output(), LOGGED).toContain(LOADED);
    const without = await startSallyport({ env: { ...issuers.env, NODE_OPTIONS }, edit: configured(undefined) });
    expect(without.output()).not.toContain(LOADED);
    await without.close();
  });
});

/** Changes between two reads. */
const MOVING = /^(?:process_|nodejs_)|_age_seconds$|_lookups_total$/;

interface Sent {
  readonly authorization: string;
  readonly traceparent?: string;
  readonly method?: string;
  readonly path?: string;
}

async function send({ authorization, traceparent, method = 'POST', path = MESSAGES }: Sent) {
  const headers = { authorization, ...(traceparent === undefined ? {} : { traceparent }) };
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number }>();
  request({ host: '127.0.0.1', port: platform.port, method, path, headers }, (response) => {
    buffer(response).then(() => resolve({ status: response.statusCode ?? 0 }), reject);
  })
    .once('error', reject)
    .end();
  return promise;
}

/** Sends a request with a trace, and returns Sallyport's spans without what differs each time. */
async function traced(sent: Sent) {
  const { traceparent, traceId } = newTrace();
  await send({ ...sent, traceparent });
  return saidOf(receiver, traceId);
}

/** Returns the line of the decision in a trace. */
function lineOf(traceId: string): Record<string, unknown> | undefined {
  const lines = platform.sallyport.output().split('\n').slice(0, -1);
  const line = lines.find((one) => one.includes('"log":"decision"') && one.includes(traceId));
  return line === undefined ? undefined : JSON.parse(line);
}

/** Returns the line of Envoy's access log for a path that was requested once. */
function accessLineOf(path: string): { readonly traceId: string; readonly requestId: string } | undefined {
  const lines = platform.envoy.output().split('\n').slice(0, -1);
  const line = lines.find((one) => one.startsWith('{') && one.includes(path));
  return line === undefined ? undefined : JSON.parse(line);
}
