import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { certify, hasOpenssl, tlsOf } from '../../../test/support/certificates.ts';
import { parseExposition } from '../../../test/support/exposition.ts';
import { IGNORED_CONNECTIONS } from '../../../test/support/http2/ignored-connections.ts';
import type { Listener } from '../../config/config.ts';
import { Health } from '../../observe/health.ts';
import { Metrics } from '../../observe/metrics/metrics.ts';
import { openAdmin } from './service.ts';

const LOOPBACK: Listener = { address: { host: '127.0.0.1', port: 0 }, tls: undefined };
const COMPONENTS = {
  store: { status: 'ok', errors: 0 },
  config: { status: 'ok', takenAt: 'then' },
  log: { status: 'ok', lost: 0 },
} as const;

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function open(metrics = new Metrics(), listener = LOOPBACK) {
  const health = new Health();
  const failures: unknown[] = [];
  const events = {
    ...IGNORED_CONNECTIONS,
    callFailed: (_call: string, error: unknown): void => void failures.push(error),
    handshakeFailed: (door: string, _client: string | undefined, error: unknown): void => {
      failures.push([door, error]);
    },
  };
  const parts = { health, events, measure: () => metrics, components: () => COMPONENTS, useCases: () => undefined };
  const door = await openAdmin(listener, parts);
  closing.push(() => door.close());
  return { door, health, failures, get: (path: string, method = 'GET') => ask(door.address, path, method) };
}

async function ask(address: string, path: string, method: string) {
  const response = await fetch(`http://${address}${path}`, { method });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** As many series as a large route map has. */
function manyMetrics(count: number): Metrics {
  const metrics = new Metrics();
  const samples = Array.from({ length: count }, (_, index) => ({
    labels: { route: `/messages/${index}` },
    value: index,
  }));
  metrics.add({ name: 'many', help: 'Many.', type: 'gauge', read: () => samples });
  return metrics;
}

describe('openAdmin()', () => {
  it.each([
    ['localhost:9195', 200],
    ['127.0.0.1', 200],
    ['sallyport.monitoring.svc', 200],
    ['evil.example', 421],
  ])(
    'answers a request for the host %s with %i: a page on the web may lead its own name here',
    async (host, status) => {
      const { door } = await open(new Metrics(), { ...LOOPBACK, hosts: ['*.monitoring.svc'] });
      for (const path of ['/metrics', '/readyz', '/livez', '/nothing']) {
        const sent = request(`http://${door.address}${path}`, { headers: { host } }).end();
        const [response] = await once(sent, 'response');
        response.resume();
        expect(response.statusCode).toBe(
          path === '/nothing' && status === 200 ? 404 : status === 200 && path === '/readyz' ? 503 : status,
        );
      }
    },
  );

  it('serves metrics as text that Prometheus takes, also under a query', async () => {
    const { get } = await open(manyMetrics(3));
    for (const path of ['/metrics', '/metrics?x=1']) {
      const { status, headers, body } = await get(path);
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(parseExposition(body).value('many', { route: '/messages/2' })).toBe(2);
    }
  });

  it('serves the metrics of a large route map whole, and lets others have their turn meanwhile', async () => {
    const { get } = await open(manyMetrics(50_000));
    let turns = 0;
    const turn = setInterval(() => (turns += 1), 0);
    const { body } = await get('/metrics');
    clearInterval(turn);
    expect(Object.keys(parseExposition(body).all('many'))).toHaveLength(50_000);
    expect(turns).toBeGreaterThan(5);
  });

  it('is live from the start, and ready from the end of the start to the beginning of the stop', async () => {
    const { health, get } = await open();
    const told = async (): Promise<unknown> => {
      const { status, body } = await get('/readyz');
      expect((await get('/livez')).status).toBe(200);
      expect(JSON.parse(body)).toMatchObject({ components: COMPONENTS });
      return [status, JSON.parse(body).status];
    };
    expect(await told()).toEqual([503, 'starting']);
    health.ready();
    expect(await told()).toEqual([200, 'ready']);
    health.stopping();
    expect(await told()).toEqual([503, 'stopping']);
  });

  it.each(['/metrics', '/livez', '/readyz'])('answers HEAD %s without a body', async (path) => {
    const { health, get } = await open(manyMetrics(1));
    health.ready();
    expect(await get(path, 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  it.each(['/', '/metrics/', '/Metrics', '//metrics', '/metrics/../livez', '/livez%2f', '/debug'])(
    'has nothing at %s',
    async (path) => {
      const { door } = await open();
      // Unlike `fetch`, sends the path as it is.
      const [host = '', port = ''] = door.address.split(':');
      const sent = request({ host, port, path, agent: false }).end();
      const status = await new Promise((resolve) => {
        sent.once('response', (response) => resolve(response.resume().statusCode));
      });
      expect(status).toBe(404);
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('does not take %s', async (method) => {
    const { get } = await open();
    const { status, headers, body } = await get('/metrics', method);
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(JSON.parse(body)).toMatchObject({ code: 'method_not_allowed', status: 405 });
  });

  it('survives a bug of ours, and tells of it', async () => {
    const metrics = new Metrics();
    const broken = (): never => {
      throw new TypeError('a bug');
    };
    metrics.add({ name: 'broken', help: 'x', type: 'gauge', read: broken });
    const { get, failures } = await open(metrics);
    await expect(get('/metrics')).rejects.toThrow();
    expect(String(failures)).toBe('TypeError: a bug');
    expect((await get('/livez')).status).toBe(200);
  });

  it('takes no notice of a reader who goes away', async () => {
    const { door, get, failures } = await open(manyMetrics(200_000));
    const socket = connect(Number(door.address.split(':')[1]), '127.0.0.1');
    socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.resetAndDestroy();
    await expect.poll(async () => (await get('/livez')).status).toBe(200);
    expect(failures).toEqual([]);
  });

  it('closes with a connection that idles', async () => {
    const { door } = await open();
    const socket = connect(Number(door.address.split(':')[1]), '127.0.0.1');
    await once(socket.resume(), 'connect');
    await Promise.all([once(socket, 'close'), door.close()]);
    closing.pop();
  });

  it('listens on a Unix socket, also where a killed process left one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-admin-'));
    closing.push(() => rm(folder, { recursive: true }));
    const path = join(folder, 'admin.sock');
    const { door } = await open(new Metrics(), { address: { path }, tls: undefined });
    expect(door.address).toBe(`unix:${path}`);
    const sent = request({ socketPath: path, path: '/livez', agent: false }).end();
    const body = await new Promise((resolve, reject) => {
      sent.once('error', reject).once('response', (response) => resolve(text(response)));
    });
    expect(body).toBe('{"status":"live"}');
  });

  it.skipIf(!hasOpenssl)(
    'closes with a TLS handshake that never ends, and tells of one that fails (needs the openssl command)',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'sallyport-admin-'));
      closing.push(() => rm(folder, { recursive: true }));
      certify(folder, 'server');
      const { door, failures } = await open(new Metrics(), { ...LOOPBACK, tls: tlsOf(folder, 'server') });
      const port = Number(door.address.split(':')[1]);
      const [silent, clear] = [connect(port, '127.0.0.1').resume(), connect(port, '127.0.0.1')];
      clear.on('error', () => {}).end('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n');
      await once(clear.resume(), 'close');
      expect(failures).toEqual([['admin', expect.objectContaining({ reason: 'http request' })]]);
      await Promise.all([once(silent, 'close'), door.close()]);
      closing.pop();
    },
  );

  it.skipIf(!hasOpenssl)(
    'serves TLS, with a renewed certificate from then on (needs the openssl command)',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'sallyport-admin-'));
      closing.push(() => rm(folder, { recursive: true }));
      for (const name of ['old', 'new']) certify(folder, name);
      const { door } = await open(new Metrics(), { ...LOOPBACK, tls: tlsOf(folder, 'old') });
      const live = async (trusted: string): Promise<unknown> => {
        const ca = tlsOf(folder, trusted).cert;
        const sent = httpsRequest({
          port: door.address.split(':')[1],
          host: '127.0.0.1',
          path: '/livez',
          ca,
          agent: false,
        });
        return new Promise((resolve, reject) => {
          sent.once('error', reject).once('response', (response) => resolve(text(response)));
          sent.end();
        });
      };
      expect(await live('old')).toBe('{"status":"live"}');
      door.reconfigure({ tls: tlsOf(folder, 'new') });
      expect(await live('new')).toBe('{"status":"live"}');
      await expect(live('old')).rejects.toThrow('self-signed certificate');
    },
  );

  it('says where it cannot listen', async () => {
    const address = { host: '203.0.113.1', port: 9195 };
    const opening = open(new Metrics(), { address, tls: undefined });
    await expect(opening).rejects.toThrow('listen.admin: cannot listen on 203.0.113.1:9195');
  });
});
