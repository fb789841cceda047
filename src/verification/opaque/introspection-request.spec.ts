import { once } from 'node:events';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { legacy } from '../../../test/support/introspection-server.ts';
import { describeError } from '../../../test/support/jwt/publisher.ts';
import { Secret } from '../../config/secret.ts';
import { ask } from './introspection-request.ts';

const OPEN = new AbortController().signal;
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(listener: RequestListener, clientId = 'gw', clientSecret = 'hunter2') {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  // A server that listens on TCP has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  const secret = new Secret(Buffer.from(clientSecret));
  const url = new URL(`http://127.0.0.1:${port}/introspect?tenant=secret`);
  return { ...legacy().introspection, url, clientId, clientSecret: secret };
}

describe('ask()', () => {
  it('posts the token as a form', async () => {
    let received: IncomingMessage | undefined;
    const server = await serve((request, response) => {
      received = request;
      request.pipe(response);
    });
    const body = await ask(server, 'a+b/c~d==', OPEN);
    expect([received?.method, received?.url]).toEqual(['POST', '/introspect?tenant=secret']);
    expect(received?.headers).toMatchObject({ accept: 'application/json' });
    expect(received?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded\b/);
    expect([...new URLSearchParams(body)]).toEqual([
      ['token', 'a+b/c~d=='],
      ['token_type_hint', 'access_token'],
    ]);
  });

  it.each([
    ['gw', 'hunter2', 'gw:hunter2'],
    ['a:b', 'c:d%', 'a%3Ab:c%3Ad%25'],
    ['two words', 'ä&+', 'two+words:%C3%A4%26%2B'],
  ])('authenticates with HTTP Basic, form-encoded: %s, %s', async (clientId, clientSecret, pair) => {
    let authorization = '';
    const server = await serve(
      (request, response) => {
        authorization = request.headers.authorization ?? '';
        response.end('{}');
      },
      clientId,
      clientSecret,
    );
    await ask(server, 't', OPEN);
    expect(authorization).toBe(`Basic ${Buffer.from(pair).toString('base64')}`);
  });

  it('authenticates in the form if clientAuth is post', async () => {
    let authorization: string | undefined = 'not received';
    const server = await serve(
      (request, response) => {
        authorization = request.headers.authorization;
        request.pipe(response);
      },
      'a:b',
      'ä&+ %',
    );
    const body = await ask({ ...server, clientAuth: 'post' }, 't', OPEN);
    expect(authorization).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      token: 't',
      token_type_hint: 'access_token',
      client_id: 'a:b',
      client_secret: 'ä&+ %',
    });
  });

  it.each<[what: string, listener: RequestListener, why: string]>([
    ['401', (_, response) => response.writeHead(401).end(), 'it answered 401'],
    ['403', (_, response) => response.writeHead(403).end(), 'it answered 403'],
    ['500', (_, response) => response.writeHead(500).end('very-private'), 'it answered 500'],
    ['over 64 KiB', (_, response) => response.end(' '.repeat(65 * 1024)), 'it sent over 65536 bytes'],
    ['a redirect', (_, response) => response.writeHead(307, { location: '/x' }).end(), 'it answered 307'],
    ['no response', () => undefined, 'it did not answer in full within 2000 ms'],
  ])('rejects %s, without secrets in the error', async (_, listener, why) => {
    const paths: unknown[] = [];
    const server = await serve((request, response) => {
      paths.push(request.url);
      listener(request, response);
    });
    const error: unknown = await ask(server, 'very-private', OPEN).catch((reason: unknown) => reason);
    expect(describeError(error)).toBe(why);
    expect(paths).toEqual(['/introspect?tenant=secret']);
  });

  it('rejects when it is aborted, and if the connection is refused', async () => {
    const server = await serve(() => undefined);
    const abort = new AbortController();
    const asking = ask(server, 't', abort.signal);
    abort.abort(new Error('no longer needed'));
    await expect(asking).rejects.toThrow('no longer needed');
    const [gone] = servers;
    gone?.closeAllConnections();
    await new Promise((resolve) => gone?.close(resolve));
    const error: unknown = await ask(server, 'very-private', OPEN).catch((reason: unknown) => reason);
    expect(describeError(error)).toMatch(/^fetch failed: connect ECONNREFUSED/);
  });
});
