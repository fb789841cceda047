import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { describeError } from '../../../test/support/jwt/publisher.ts';
import { fetchDocument } from './fetch-document.ts';

const OPEN = new AbortController().signal;
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  // A server that listens on TCP has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return new URL(`http://127.0.0.1:${port}/jwks.json?secret=hunter2`);
}

describe('fetchDocument()', () => {
  it('fetches text and its max-age', async () => {
    const requests: unknown[] = [];
    const url = await serve(({ url: path, headers }, response) => {
      requests.push([path, headers.accept]);
      response.setHeader('cache-control', 'public, max-age=120').end('\uFEFF{"keys":[]}');
    });
    expect(await fetchDocument(url, OPEN)).toEqual({ text: '{"keys":[]}', maxAgeMs: 120_000 });
    expect(requests).toEqual([['/jwks.json?secret=hunter2', 'application/jwk-set+json, application/json']]);
  });

  it.each([
    [undefined, undefined],
    ['no-cache', undefined],
    ['max-age=0', 0],
    ['Max-Age="7"', 7_000],
    ['s-maxage=9', undefined],
    ['x-max-age=9', undefined],
    ['max-age=-1', undefined],
  ])('reads Cache-Control: %s', async (cacheControl, maxAgeMs) => {
    const url = await serve((_, response) => {
      if (cacheControl !== undefined) response.setHeader('cache-control', cacheControl);
      response.end('{}');
    });
    expect((await fetchDocument(url, OPEN)).maxAgeMs).toBe(maxAgeMs);
  });

  it('rejects a response that is not UTF-8', async () => {
    const url = await serve((_, response) => void response.end(Buffer.from('{"issuer":"p\xe4"}', 'latin1')));
    await expect(fetchDocument(url, OPEN)).rejects.toThrow('its answer is not UTF-8 text');
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect with %s', async (status) => {
    const paths: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      paths.push(request.url);
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    await expect(fetchDocument(url, OPEN)).rejects.toThrow();
    expect(paths).toEqual(['/jwks.json?secret=hunter2']);
  });

  it.each([204, 304, 400, 404, 500])('rejects a response with status %s', async (status) => {
    const url = await serve((_, response) => response.writeHead(status).end());
    await expect(fetchDocument(url, OPEN)).rejects.toMatchObject({ status, message: `it answered ${status}` });
  });

  it('reads at most 512 KiB', async () => {
    const full = await serve((_, response) => response.end(' '.repeat(512 * 1024)));
    expect((await fetchDocument(full, OPEN)).text).toHaveLength(512 * 1024);
    let sent = 0;
    const endless = await serve((_, response) => {
      const chunk = Buffer.alloc(64 * 1024, ' ');
      const write = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        sent += chunk.length;
      };
      response.on('drain', write);
      write();
    });
    await expect(fetchDocument(endless, OPEN)).rejects.toThrow('it sent over 524288 bytes');
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('waits at most 5 s for a response that never ends', async () => {
    const url = await serve((_, response) => {
      const drip = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(drip));
    });
    await expect(fetchDocument(url, OPEN)).rejects.toThrow('it did not answer in full within 5000 ms');
  });

  it('rejects at once and closes its connection when it is aborted', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const url = await serve((_, response) => {
      response.on('close', leave);
      arrive();
    });
    const abort = new AbortController();
    const fetching = fetchDocument(url, abort.signal);
    await arrived;
    abort.abort(new Error('no longer needed'));
    await expect(fetching).rejects.toThrow('no longer needed');
    await left;
  });

  it('closes the connection of a response that it does not read', async () => {
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const url = await serve((_, response) => {
      response.on('close', leave).writeHead(500).write('x');
    });
    await expect(fetchDocument(url, OPEN)).rejects.toThrow('it answered 500');
    await left;
  });

  it('rejects if the connection is refused or the server does not speak HTTP, without quoting the query', async () => {
    const gone = await serve(() => undefined);
    for (const server of servers) await new Promise((resolve) => server.close(resolve));
    const silent = createTcpServer((socket) => socket.end('hello\r\n')).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    // A server that listens on TCP has an AddressInfo.
    const { port } = silent.address() as AddressInfo;
    for (const url of [gone, new URL(`http://127.0.0.1:${port}/?secret=hunter2`)]) {
      const error: unknown = await fetchDocument(url, OPEN).catch((reason: unknown) => reason);
      expect(describeError(error)).toMatch(/^fetch failed: /);
      expect(describeError(error)).not.toContain('hunter2');
    }
    silent.close();
  });
});
