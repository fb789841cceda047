import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { parseExposition } from '../support/exposition.ts';
import type { ReceivedMetric, ReceivedSpan } from '../support/otlp/receiver.ts';
import { OtlpReceiver } from '../support/otlp/receiver.ts';
import { decisionsOf, newTrace } from '../support/otlp/traces.ts';
import { type CaseIssuers, corporateToken, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { call } from '../support/servers/http-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';

/** Long, because the machine may be busy; no test waits for as long as this. */
const WAIT = { timeout: 60_000, interval: 100 };
const CONNECTIONS = 4;
const ROUNDS = 5;
const WORKER = 'sallyport.worker';
const INSTANCE = 'service.instance.id';
/** Changes between two reads. */
const MOVING = /^(?:process_|nodejs_)|_age_seconds$|_lookups_total$/;

let issuers: CaseIssuers;
let receiver: OtlpReceiver;
let sallyport: Sallyport;
let checks: CheckClient[];
let token: string;
/** How many decisions were made. */
let made = 0;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  receiver = await new OtlpReceiver().listen();
  const env = {
    ...issuers.env,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=sms,deployment.environment.name=other',
  };
  sallyport = await startSallyport({ env, edit: (config) => configure(config) });
  token = corporateToken(issuers, 'RS256');
  connect();
});

afterAll(async () => {
  for (const client of checks) client.close();
  await sallyport.close();
  receiver.close();
  issuers.close();
});

function configure(config: Record<string, unknown>, more: object = {}): void {
  issuers.configure(config);
  config['workers'] = 2;
  config['log'] = { passes: 1 };
  config['telemetry'] = {
    endpoint: receiver.url,
    metrics: { interval: '1s' },
    logs: true,
    resource: { 'deployment.environment.name': 'test' },
    ...more,
  };
}

/** Connections are handed out in turn. */
function connect(): void {
  for (const client of checks ?? []) client.close();
  checks = Array.from({ length: CONNECTIONS }, () => connectChecks(sallyport.ports.extAuthz));
}

/** Decides over a connection, and returns the id of the trace. */
async function decide(client: CheckClient): Promise<string> {
  const { traceparent, traceId } = newTrace();
  const headers: [string, string][] = [
    ['authorization', `Bearer ${token}`],
    ['traceparent', traceparent],
  ];
  const request = { method: 'POST', path: '/3rdparty/v1/messages', host: 'h', headers };
  expect((await client.check(request, 'raw')).outcome).toBe('passes');
  made += 1;
  return traceId;
}

/** Decides some times over each connection, and returns the spans of each. */
async function decideOverEach(): Promise<readonly (readonly ReceivedSpan[])[]> {
  return Promise.all(
    checks.map(async (client) => {
      const traces: string[] = [];
      for (let round = 0; round < ROUNDS; round++) traces.push(await decide(client));
      return (await Promise.all(traces.map((traceId) => decisionsOf(receiver, traceId)))).flat();
    }),
  );
}

function workersOf(spans: readonly ReceivedSpan[]): readonly number[] {
  return [...new Set(spans.map(({ resource }) => Number(resource[WORKER])))].toSorted((left, right) => left - right);
}

/** Adds up a counter, or what a histogram counted. */
function sumOf(metrics: readonly ReceivedMetric[], name: string): number {
  const samples = metrics.flatMap((metric) => metric.samples).filter((sample) => sample.name === name);
  return samples.reduce((sum, { value }) => sum + value, 0);
}

it('each decision has one span, of the worker that made it', async () => {
  const connections = await decideOverEach();
  for (const spans of connections) expect([spans.length, workersOf(spans).length]).toEqual([ROUNDS, 1]);
  const all = connections.flat();
  expect(new Set(all.map(({ spanId }) => spanId)).size).toBe(made);
  expect(workersOf(all)).toEqual([1, 2]);
});

it('all processes send as one instance, which the file and the environment describe', async () => {
  await vi.waitUntil(() => receiver.exports.length > 0 && receiver.records.length > 0, WAIT);
  const { spans, records, exports } = receiver;
  const primary = exports[0]?.resource ?? {};
  expect(primary).toMatchObject({
    'service.name': 'sallyport',
    'service.version': expect.any(String),
    [INSTANCE]: expect.stringMatching(/^[\da-f-]{36}$/),
    'service.namespace': 'sms',
    'deployment.environment.name': 'test',
  });
  expect(primary).not.toHaveProperty(WORKER);
  for (const { resource } of [...records, ...exports]) expect(resource).toEqual(primary);
  const ofWorkers = spans.filter(({ name }) => name === 'authorize');
  for (const { resource } of ofWorkers) expect(resource).toEqual({ ...primary, [WORKER]: expect.anything() });
});

it('the metrics are those of one scrape, and count each decision once', async () => {
  await vi.waitFor(async () => {
    const scrape = parseExposition((await call(sallyport.ports.admin, 'GET', '/metrics')).body);
    expect(sumOf(receiver.metrics, 'sallyport_outcomes_total')).toBe(made);
    // Of the decisions about known tokens, few are measured.
    expect(sumOf(receiver.metrics, 'sallyport_decision_duration_seconds_count')).toBeGreaterThan(0);
    expect(sumOf(receiver.metrics, 'sallyport_worker_decisions_total')).toBe(made);
    const stable = receiver.metrics.filter(({ name }) => !MOVING.test(name));
    expect(stable.length).toBeGreaterThan(20);
    for (const { name, labels, value } of stable.flatMap(({ samples }) => samples)) {
      const texts = Object.fromEntries(Object.entries(labels).map(([key, text]) => [key, String(text)]));
      expect([name, texts, value]).toEqual([name, texts, scrape.value(name, texts)]);
    }
  }, WAIT);
});

it("a worker's line is one log record, with the span of its decision", async () => {
  const [traceId] = await Promise.all(checks.map(decide));
  const [span] = await decisionsOf(receiver, traceId ?? '');
  const own = () => receiver.records.filter((record) => record.traceId === traceId);
  await vi.waitUntil(() => own().length > 0, WAIT);
  expect(own()).toMatchObject([
    {
      body: 'allowed',
      spanId: span?.spanId,
      attributes: { log: 'decision', worker: span?.resource[WORKER] },
    },
  ]);
});

it('exports that workers could not make are counted and logged', async () => {
  receiver.behaviour = { status: 400 };
  const failed = (): number =>
    sallyport
      .output()
      .split('\n')
      .filter((line) => line.includes('"worker":') && line.includes('telemetry could not be sent')).length;
  await vi.waitUntil(async () => {
    await Promise.all(checks.map(decide));
    return failed() > 0;
  }, WAIT);
  receiver.behaviour = 'accept';
  await vi.waitFor(async () => {
    const scrape = parseExposition((await call(sallyport.ports.admin, 'GET', '/metrics')).body);
    expect(scrape.value('sallyport_telemetry_failures_total', { signal: 'traces' })).toBeGreaterThan(0);
  }, WAIT);
});

it('no counter goes back when a worker is replaced, and its replacement sends as the same worker', async () => {
  const ready = async (): Promise<{ readonly pid: number; readonly worker: number }[] | undefined> => {
    const { body } = await call(sallyport.ports.admin, 'GET', '/readyz');
    const { workers } = JSON.parse(body).components;
    return workers.every(({ status }: { readonly status: string }) => status === 'ready') ? workers : undefined;
  };
  // Each worker has reported all that it decided.
  await vi.waitUntil(() => sumOf(receiver.metrics, 'sallyport_outcomes_total') === made, WAIT);
  const [first] = (await vi.waitUntil(ready, WAIT)) ?? [];
  process.kill(first?.pid ?? 0, 'SIGKILL');
  await vi.waitUntil(async () => (await ready())?.every(({ pid }) => pid !== first?.pid), WAIT);
  connect();
  expect(workersOf((await decideOverEach()).flat())).toEqual([1, 2]);
  await vi.waitUntil(() => sumOf(receiver.metrics, 'sallyport_outcomes_total') === made, WAIT);
  const totals = receiver.exports.map(({ metrics }) => sumOf(metrics, 'sallyport_outcomes_total'));
  expect(totals).toEqual(totals.toSorted((left, right) => left - right));
});

it('a reload reaches every process, which stays the same instance', async () => {
  const before = receiver.exports[0]?.resource[INSTANCE];
  await sallyport.rewrite((config) => configure(config, { serviceName: 'gate' }));
  await vi.waitUntil(async () => {
    const spans = (await decideOverEach()).flat();
    return (
      spans.every(({ service }) => service === 'gate') && receiver.exports.at(-1)?.resource['service.name'] === 'gate'
    );
  }, WAIT);
  const after = [...receiver.spans, ...receiver.exports].filter(({ resource }) => resource['service.name'] === 'gate');
  expect(new Set(after.map(({ resource }) => resource[INSTANCE]))).toEqual(new Set([before]));
});

it('a stop sends the last spans and the final sums', async () => {
  const traces = await Promise.all(checks.map(decide));
  for (const client of checks) client.close();
  expect(await sallyport.stop()).toBe(0);
  for (const traceId of traces) expect(await decisionsOf(receiver, traceId)).toHaveLength(1);
  expect(sumOf(receiver.metrics, 'sallyport_outcomes_total')).toBe(made);
});
