import { connect } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findEnvoy, findOldestEnvoy } from '../../tools/envoy.ts';
import { type Exposition, parseExposition } from '../support/exposition.ts';
import { type CaseIssuers, corporateToken, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type ConnectionManager, type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { sendRequest } from '../support/servers/http-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';

/** What Envoy waits by default, and what it waits where a busy machine must not decide. */
const ENVOY_TIMEOUT = '0.2s';
const PATIENT_TIMEOUT = '10s';
const MEGABYTE = 1_048_576;
/** Of the door on a Unix socket. */
const MOST_CONNECTIONS = 100;

let issuers: CaseIssuers;
let services: Services;
let token: string;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  services = await startServices();
  token = corporateToken(issuers, 'RS256');
});

afterAll(() => {
  services.close();
  issuers.close();
});

/** Of the second listener, Sallyport receives the bodies too. */
const LISTENERS = [
  { timeout: ENVOY_TIMEOUT },
  { timeout: PATIENT_TIMEOUT, body: { max_request_bytes: 2 * MEGABYTE, pack_as_bytes: true } },
  { timeout: PATIENT_TIMEOUT },
].map(({ timeout, body }, index) => ({
  name: `gateway ${index}`,
  normalises: true,
  rawHeaders: true,
  edit: (manager: ConnectionManager): void => {
    const [{ typed_config: extAuthz }] = manager.http_filters;
    extAuthz.grpc_service.timeout = timeout;
    if (body !== undefined) extAuthz.with_request_body = body;
  },
}));

describe('the fast transport behind an Envoy with two workers', () => {
  let sallyport: Sallyport;
  let envoy: RunningEnvoy;

  beforeAll(async () => {
    sallyport = await startSallyport({
      env: issuers.env,
      edit: (config) => issuers.configure(config),
      transport: 'fast',
    });
    const { extAuthz, tokens } = sallyport.ports;
    const options = { listeners: LISTENERS.slice(0, 2), concurrency: 2 };
    envoy = await startEnvoy({ sallyport: extAuthz, tokens, ...services.ports }, options);
  });

  afterAll(async () => {
    await envoy.close();
    await sallyport.close();
  });

  it('an overload, in which Envoy gives its checks up, closes no connection', async () => {
    const port = envoy.gateways[0]?.port ?? 0;
    const { pid = 0 } = sallyport;
    await underLoad(port, 100, () => delay(200));
    const before = await envoy.stats('cluster.sallyport.upstream_cx_destroy');
    const statuses = await underLoad(port, 200, async () => {
      for (let stall = 0; stall < 3; stall++) {
        process.kill(pid, 'SIGSTOP');
        await delay(400);
        process.kill(pid, 'SIGCONT');
        await delay(300);
      }
    });
    // Envoy did not wait for these.
    expect(statuses.get(503)).toBeGreaterThan(100);
    expect(statuses.get(202)).toBeGreaterThan(100);
    expect(new Set(statuses.keys())).toEqual(new Set([202, 503]));
    expect(await envoy.stats('cluster.sallyport.upstream_cx_destroy')).toEqual(before);
    const metrics = await metricsOf(sallyport);
    expect(new Set(Object.values(metrics.all('sallyport_http2_limits_reached_total')))).toEqual(new Set([0]));
    expect(metrics.value('sallyport_http2_protocol_errors_total')).toBe(0);
    expect(metrics.value('sallyport_http2_connections')).toBeGreaterThan(0);
  });

  it('the memory does not grow with the bodies that Envoy sends along', async () => {
    const port = envoy.gateways[1]?.port ?? 0;
    const body = Buffer.alloc(MEGABYTE, 'x');
    await underLoad(port, 10, () => delay(500), body);
    const before = (await metricsOf(sallyport)).value('process_resident_memory_bytes') ?? 0;
    const received = services.received.length;
    let most = 0;
    await underLoad(
      port,
      20,
      async () => {
        services.received.length = 0;
        while (services.received.length < 150) {
          most = Math.max(most, (await metricsOf(sallyport)).value('process_resident_memory_bytes') ?? 0);
          await delay(50);
        }
      },
      body,
    );
    expect(received).toBeGreaterThan(0);
    expect(most - before).toBeLessThan(48 * MEGABYTE);
  });
});

describe.each([
  { version: 'the oldest version', find: findOldestEnvoy },
  { version: 'the present version', find: findEnvoy },
])('the fast transport on a Unix socket behind $version of Envoy', ({ find }) => {
  let sallyport: Sallyport;
  let envoy: RunningEnvoy;

  beforeAll(async () => {
    const edit = (config: Record<string, unknown>): void => {
      issuers.configure(config);
      // `startSallyport` writes the listeners.
      const listen = config['listen'] as Record<string, unknown>;
      listen['extAuthz'] = { address: 'unix:./door.sock', maxConnectionAge: '1s', maxConnections: MOST_CONNECTIONS };
    };
    sallyport = await startSallyport({ env: issuers.env, edit, transport: 'fast' });
    const { folder, ports } = sallyport;
    envoy = await startEnvoy(
      { sallyport: 0, tokens: ports.tokens, ...services.ports },
      {
        listeners: LISTENERS.slice(2),
        program: await find(),
        editSallyport: (cluster) => {
          cluster.load_assignment.endpoints[0].lb_endpoints = [
            { endpoint: { address: { pipe: { path: join(folder, 'door.sock') } } } },
          ];
          for (const options of Object.values(cluster.typed_extension_protocol_options ?? {})) {
            options['common_http_protocol_options'] = { max_requests_per_connection: 40 };
          }
        },
      },
    );
  });

  afterAll(async () => {
    await envoy.close();
    await sallyport.close();
  });

  it('no request is lost while Envoy and Sallyport end connections again and again', async () => {
    const port = envoy.gateways[0]?.port ?? 0;
    const aged = async (): Promise<number> =>
      (await metricsOf(sallyport)).value('sallyport_http2_drains_total', { cause: 'age' }) ?? 0;
    const statuses = await underLoad(port, 8, async () => {
      // Health checks have a connection of their own, which grows old even if Envoy ends the others before.
      await expect.poll(aged, { timeout: 20_000 }).toBeGreaterThan(1);
    });
    expect([...statuses.keys()]).toEqual([202]);
    const opened = (await metricsOf(sallyport)).value('sallyport_http2_connections_opened_total') ?? 0;
    expect(opened).toBeGreaterThan(5);
  });

  it('no request is lost while strangers fill the door', async () => {
    const port = envoy.gateways[0]?.port ?? 0;
    const path = join(sallyport.folder, 'door.sock');
    const ended = async (): Promise<number> =>
      (await metricsOf(sallyport)).value('sallyport_connections_ended_total', { door: 'extAuthz', cause: 'full' }) ?? 0;
    const strangers = [openSilently(path, 2 * MOST_CONNECTIONS)];
    await expect.poll(ended, { timeout: 20_000 }).toBeGreaterThan(100);
    const statuses = await underLoad(port, 8, async () => {
      for (let wave = 0; wave < 40; wave++) {
        await delay(50);
        strangers.push(openSilently(path, 1));
      }
    });
    const metrics = await metricsOf(sallyport);
    for (const close of strangers) close();
    expect([...statuses.keys()]).toEqual([202]);
    expect(await ended()).toBeGreaterThan(140);
    expect(metrics.value('sallyport_connections', { door: 'extAuthz' })).toBeLessThanOrEqual(MOST_CONNECTIONS);
    expect(metrics.value('sallyport_connections_limit', { door: 'extAuthz' })).toBe(MOST_CONNECTIONS);
  });
});

/** Opens connections to a Unix socket, without a word. Returns a function that closes them. */
function openSilently(path: string, count: number): () => void {
  const sockets = Array.from({ length: count }, () => connectSocket(path).on('error', () => {}));
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

/** Sends requests over one HTTP/2 connection, so many at once, while `work` runs. Returns how often each status came. */
async function underLoad(
  port: number,
  atOnce: number,
  work: () => Promise<void>,
  body: Buffer = Buffer.alloc(0),
): Promise<Map<number, number>> {
  const session = connect(`http://127.0.0.1:${port}`);
  const statuses = new Map<number, number>();
  let isRunning = true;
  const request = { ':method': 'POST', ':path': '/3rdparty/v1/messages', authorization: `Bearer ${token}` };
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const stream = session.request(request);
      stream.once('response', ({ ':status': status = 0 }) => statuses.set(status, (statuses.get(status) ?? 0) + 1));
      stream.once('close', resolve).once('error', reject).resume().end(body);
    });
  const loop = async (): Promise<void> => {
    while (isRunning) await one();
  };
  const loops = Promise.all(Array.from({ length: atOnce }, loop));
  try {
    await Promise.race([work(), loops]);
  } finally {
    isRunning = false;
    await loops.finally(() => session.close());
  }
  return statuses;
}

async function metricsOf({ ports }: Sallyport): Promise<Exposition> {
  return parseExposition((await sendRequest({ port: ports.admin, method: 'GET', path: '/metrics', headers: [] })).body);
}
