import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PublishedReporterKeys } from './published-reporter-keys.ts';

const PEM = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .publicKey.export({ type: 'spki', format: 'pem' })
  .toString();
const HOUR_MS = 3_600_000;
const COOL_DOWN_MS = 120_000;

/** The document that the reporter serves, with its status, and how often it was fetched. */
const served = { status: 200, body: '', fetches: 0 };
const server = createServer((_request, response) => {
  served.fetches += 1;
  response.writeHead(served.status, served.status === 302 ? { location: '/elsewhere' } : {}).end(served.body);
});

let nowMs: number;
let failures: unknown[];
let keys: PublishedReporterKeys;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => void server.close());

beforeEach(() => {
  nowMs = 10;
  failures = [];
  Object.assign(served, { status: 200, fetches: 0 });
  publish('a');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`); // it listens on TCP
  const observer = { reporterKeysFailed: (error: unknown) => void failures.push(error) };
  keys = new PublishedReporterKeys({ url, clock: { monotonicMs: () => nowMs }, observer });
});

function publish(...ids: readonly string[]): void {
  served.body = JSON.stringify({ public_keys: ids.map((id) => ({ key_identifier: id, key: PEM })) });
}

async function find(id: string): Promise<string> {
  const found = await keys.find(id);
  return typeof found === 'string' ? found : 'found';
}

describe('PublishedReporterKeys', () => {
  it('fetches the keys once for an hour', async () => {
    expect(await Promise.all([find('a'), find('a')])).toEqual(['found', 'found']);
    nowMs += HOUR_MS;
    expect(await find('a')).toBe('found');
    expect(served.fetches).toBe(1);
    nowMs += 1;
    publish('b');
    expect(await find('a')).toBe('unknown');
    expect(await find('b')).toBe('found');
    expect(served.fetches).toBe(2);
  });

  it('fetches them again for an unknown key, but not more often than every two minutes', async () => {
    await find('a');
    publish('a', 'b');
    for (let tries = 0; tries < 10; tries++) expect(await find('b')).toBe('unknown');
    expect(served.fetches).toBe(1);
    nowMs += COOL_DOWN_MS;
    expect(await find('b')).toBe('found');
    expect(served.fetches).toBe(2);
  });

  it.each([
    ['an error', { status: 500 }],
    ['a redirect', { status: 302 }],
    ['no JSON', { body: 'x' }],
    ['no key', { body: '{"public_keys":[]}' }],
    ['too much', { body: `${' '.repeat(300 * 1024)}{}` }],
  ])('is unavailable while the reporter answers %s, and waits before it asks again', async (_what, answer) => {
    Object.assign(served, answer);
    expect([await find('a'), await find('a')]).toEqual(['unavailable', 'unavailable']);
    expect([served.fetches, failures.length]).toEqual([1, 1]);
    Object.assign(served, { status: 200 });
    publish('a');
    nowMs += COOL_DOWN_MS;
    expect(await find('a')).toBe('found');
  });

  it('keeps the last good keys for a day while they cannot be fetched', async () => {
    await find('a');
    served.status = 500;
    nowMs += 24 * HOUR_MS;
    expect([await find('a'), await find('b')]).toEqual(['found', 'unavailable']);
    nowMs += COOL_DOWN_MS;
    expect(await find('a')).toBe('unavailable');
  });
});
