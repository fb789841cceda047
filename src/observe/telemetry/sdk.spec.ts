import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OtlpReceiver } from '../../../test/support/otlp/receiver.ts';
import type { TelemetryConfig } from '../../config/telemetry-config.ts';
import { Metrics } from '../metrics/metrics.ts';
import type { Sdk } from './sdk.ts';
import { startSdk } from './sdk.ts';

/** What an export holds at most, and what may wait for it. */
const BATCH = 512;
const QUEUE = 2_048;
const FLOOD = 10_000;
/** Long, because the machine may be busy; no test waits for as long as this. */
const WAIT = { timeout: 60_000, interval: 20 };

let receiver: OtlpReceiver;
let failures: string[];
let sdk: Sdk;

beforeEach(async () => {
  receiver = await new OtlpReceiver().listen();
  failures = [];
});

afterEach(async () => {
  await sdk.close(0);
  receiver.close();
  vi.unstubAllEnvs();
});

function start(variables: Readonly<Record<string, string>> = {}): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const config: TelemetryConfig = {
    kind: 'otlp',
    endpoint: receiver.url,
    headers: {},
    tls: undefined,
    traces: { ratio: 0 },
    metrics: undefined,
    logs: true,
    serviceName: undefined,
    resource: {},
  };
  const failed = (signal: string, error: Error): void => void failures.push(`${signal}: ${error.message}`);
  const own = { instanceId: 'one', worker: undefined, metrics: () => new Metrics(), store: 'memory' } as const;
  sdk = startSdk(config, { ...own, failed });
}

function sendSpans(count: number): void {
  for (let index = 0; index < count; index++) sdk.spans?.begin('authorize', undefined, Date.now()).end(Date.now(), []);
}

function sendLines(count: number): void {
  for (let index = 0; index < count; index++) {
    sdk.sendLine?.(JSON.stringify({ level: 'info', time: new Date().toISOString(), log: 'app', msg: `line ${index}` }));
  }
}

describe('a receiver that does not answer', () => {
  it.each([
    ['spans', sendSpans, () => receiver.spans.length],
    ['log records', sendLines, () => receiver.records.length],
  ] as const)('lets no more %s wait than one export and the queue hold', async (_what, send, received) => {
    start();
    receiver.behaviour = 'hang';
    send(FLOOD);
    await vi.waitUntil(() => receiver.requests.length === 1, WAIT);
    send(FLOOD);
    receiver.behaviour = 'accept';
    // The export that hangs is tried again, then the queue is sent.
    receiver.breakConnections();
    await vi.waitUntil(() => received() >= BATCH + QUEUE, WAIT);
    // Whatever else waited would be sent before this one.
    send(1);
    await sdk.close(WAIT.timeout);
    expect(received()).toBe(BATCH + QUEUE + 1);
  });
});

describe('an export that fails', () => {
  it.each([400, 401, 403, 404, 413])('with %d is reported, and not tried again', async (status) => {
    start({ OTEL_BSP_SCHEDULE_DELAY: '1' });
    receiver.behaviour = { status };
    sendSpans(1);
    await vi.waitUntil(() => failures.length > 0, WAIT);
    expect(failures).toEqual([expect.stringMatching(/^traces: /)]);
    expect(receiver.requests).toHaveLength(1);
  });

  it.each([429, 503])('with %d is tried again', async (status) => {
    start({ OTEL_BSP_SCHEDULE_DELAY: '1' });
    receiver.behaviour = { status };
    sendSpans(1);
    await vi.waitUntil(() => receiver.requests.length === 1, WAIT);
    receiver.behaviour = 'accept';
    await vi.waitUntil(() => receiver.spans.length === 1, WAIT);
    expect(failures).toEqual([]);
  });

  it('because nothing listens is reported after the last attempt', async () => {
    start({ OTEL_BSP_SCHEDULE_DELAY: '1', OTEL_EXPORTER_OTLP_TIMEOUT: '50' });
    receiver.close();
    sendSpans(1);
    await vi.waitUntil(() => failures.length > 0, WAIT);
    expect(failures).toEqual([expect.stringContaining('ECONNREFUSED')]);
  });
});
