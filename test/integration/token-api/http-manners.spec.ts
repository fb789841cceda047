import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic } from '../../support/servers/http-client.ts';
import { startTokenService, type TokenService } from '../../support/token-service.ts';

let service: TokenService;
let login: string;

beforeAll(async () => {
  service = await startTokenService({ env: { SALLYPORT_ACCOUNT: 'ada:secret' } });
  const answer = await service.call('POST', '/v1/login', undefined, { name: 'ada', password: 'secret' });
  const { access_token } = (await answer.json()) as Record<string, string>;
  login = `Bearer ${access_token}`;
});

afterAll(() => service.close());

/** Sends these bytes; resolves to the whole response. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(service.origin).port), '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}

function problemCode(body: string): unknown {
  // By the format of problem documents.
  return (JSON.parse(body) as { readonly code: unknown }).code;
}

function problemIn(answer: string): unknown {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
}

describe('a method that a path does not have', () => {
  it.each([
    ['PUT', '/v1/tokens', 'GET, HEAD, OPTIONS, POST'],
    ['POST', '/v1/tokens/some-id', 'DELETE, GET, HEAD, OPTIONS'],
    ['GET', '/v1/login?next=x', 'OPTIONS, POST'],
    ['DELETE', '/openapi.json', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/3rdparty/v1/auth/token/x', 'DELETE, OPTIONS'],
    ['GET', '/oauth2/revoke', 'OPTIONS, POST'],
  ])('is answered 405 with the allowed methods: %s %s', async (method, path, allow) => {
    const answer = await service.call(method, path);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ code: 'method_not_allowed', status: 405 });
  });

  it('is named by OPTIONS, without authentication', async () => {
    const answer = await service.call('OPTIONS', '/v1/tokens');
    expect([answer.status, answer.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, POST']);
    expect((await service.call('OPTIONS', '/v1/nothing')).status).toBe(404);
  });

  it('may be HEAD, which is answered like GET without the body', async () => {
    const get = await service.call('GET', '/v1/scopes', login);
    const head = await service.call('HEAD', '/v1/scopes', login);
    expect([head.status, head.headers.get('content-type')]).toEqual([200, get.headers.get('content-type')]);
    expect(head.headers.get('content-length')).toBe(String((await get.text()).length));
    expect(await head.text()).toBe('');
    const refused = await service.call('HEAD', '/v1/scopes');
    expect([refused.status, await refused.text()]).toEqual([401, '']);
  });
});

describe('a body with a Content-Encoding', () => {
  const send = (path: string, type: string, body: string | Uint8Array<ArrayBuffer>, coding: string) => {
    const headers = { authorization: login, 'content-type': type, 'content-encoding': coding };
    return fetch(`${service.origin}${path}`, { method: 'POST', headers, body });
  };

  it.each([
    ['/v1/login', 'application/json', gzipSync('{"name":"ada","password":"secret"}'), 'unsupported_media_type'],
    ['/oauth2/introspect', 'application/x-www-form-urlencoded', gzipSync('token=x'), 'unsupported_media_type'],
  ])('is refused at %s', async (path, type, body, code) => {
    const answer = await send(path, type, body, 'gzip');
    expect([answer.status, answer.headers.get('accept-encoding')]).toEqual([415, 'identity']);
    expect(await answer.json()).toMatchObject({ code });
  });

  it('is accepted if the coding is identity', async () => {
    const body = '{"name":"ada","password":"secret"}';
    expect((await send('/v1/login', 'application/json', body, 'identity')).status).toBe(200);
  });
});

describe('bytes that are not a valid request', () => {
  const head = 'GET /v1/scopes HTTP/1.1\r\nHost: x\r\n';

  it.each([
    ['header fields that are too long', `${head}X-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['a path that is too long', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`, 431, 'headers_too_large'],
    ['no request line', 'Good morning\r\n\r\n', 400, 'malformed_request'],
    ['a method in lower case', 'get /v1/scopes HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'malformed_request'],
    ['no Host header', 'GET /v1/scopes HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'malformed_request'],
    [
      'two Content-Length headers',
      'POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
      400,
      'malformed_request',
    ],
  ])('are answered with a problem document: %s', async (_case, bytes, status, code) => {
    const answer = await raw(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer.toLowerCase()).toContain('content-type: application/problem+json\r\n');
    expect(problemIn(answer)).toMatchObject({ type: `urn:sallyport:problem:${code}`, status, code });
  });
});

describe('a query', () => {
  it.each([
    ['/v1/tokens?limt=5', 'limt', 'is not a parameter of this call'],
    ['/v1/tokens?limit=5&limit=6', 'limit', 'must be given only once'],
    ['/v1/scopes?x', 'x', 'is not a parameter of this call'],
  ])('is refused: %s', async (path, field, message) => {
    const answer = await service.call('GET', path, login);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'invalid_query', errors: [{ field, message }] });
  });

  it.each(['/.well-known/jwks.json?v=2', '/.well-known/oauth-authorization-server?v=2'])(
    'is ignored by a public document: %s',
    async (path) => {
      expect((await service.call('GET', path)).status).toBe(200);
    },
  );

  it('may contain empty parameters, which are ignored', async () => {
    expect((await service.call('GET', '/v1/tokens?limit=&after=', login)).status).toBe(200);
  });

  it('is ignored by an OAuth call (RFC 6749, section 3.2)', async () => {
    expect((await service.call('POST', '/oauth2/introspect?x=1', login, 'token=x')).status).toBe(200);
  });
});

it('times may have lower-case t and z and a leap second, as RFC 3339 allows', async () => {
  const create = (expires_at: string) =>
    service.call('POST', '/v1/tokens', login, { name: 'x', scopes: ['messages:list'], expires_at });
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const lower = await create(`${day}t12:00:00z`);
  expect([lower.status, await lower.json()]).toMatchObject([201, { expires_at: `${day}T12:00:00Z` }]);
  const leap = await create(`${day}T23:59:60Z`);
  const next = new Date(Date.parse(`${day}T23:59:59Z`) + 1_000).toISOString().replace('.000', '');
  expect([leap.status, await leap.json()]).toMatchObject([201, { expires_at: next }]);
  const wrong = await create(`${day}T12:00:60Z`);
  const message = 'must be a time such as 2027-01-31T12:00:00Z (RFC 3339)';
  expect(await wrong.json()).toMatchObject({ errors: [{ field: 'expires_at', message }] });
});

describe('POST /3rdparty/v1/auth/token', () => {
  const TOKENS = '/3rdparty/v1/auth/token';
  const JSON_TYPE = { 'content-type': 'application/json' };

  const send = (headers: Record<string, string>, body?: string) =>
    fetch(`${service.origin}${TOKENS}`, { method: 'POST', headers, ...(body === undefined ? {} : { body }) });

  it.each([
    ['without a credential', {}, 401, 'credentials_required'],
    ['with a wrong password', { authorization: basic('ada', 'x') }, 401, 'credentials_invalid'],
    ['with an unknown token', { authorization: 'Bearer x' }, 401, 'token_invalid'],
    ['with two credentials', { authorization: `${basic('ada', 'secret')}, Bearer x` }, 400, 'invalid_request'],
  ])('%s is answered before its body is read', async (_case, headers, status, code) => {
    const answer = await send({ ...JSON_TYPE, ...headers }, '{"broken');
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code, status, type: `urn:sallyport:problem:${code}` });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('www-authenticate')).toContain('Bearer realm="sallyport"');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    ['broken JSON', '{"ttl":', JSON_TYPE, 400, 'invalid_body'],
    ['missing', undefined, JSON_TYPE, 400, 'invalid_body'],
    ['plain text', '{"scopes":["messages:send"]}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['a form', 'ttl=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
    ['over 64 KB', JSON.stringify({ scopes: ['x'.repeat(70_000)] }), JSON_TYPE, 413, 'too_large'],
    [
      'an attempt to set the prototype',
      '{"__proto__":{"scopes":["messages:send"]},"scopes":["messages:send"]}',
      JSON_TYPE,
      400,
      'invalid_body',
    ],
  ])('is answered with a problem if its body is %s', async (_case, body, type, status, code) => {
    const answer = await send({ ...type, authorization: basic('ada', 'secret') }, body);
    expect([answer.status, problemCode(await answer.text())]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  it.each([
    [{}, [{ field: 'scopes', message: 'must be a list of scopes' }]],
    [{ scopes: [] }, [{ field: 'scopes', message: 'must have at least one scope' }]],
    [{ scopes: [1] }, [{ field: 'scopes[0]', message: 'must be a string' }]],
    [{ scopes: ['messages:send'], ttl: 0 }, [{ field: 'ttl', message: 'must be at least 1 second' }]],
    [{ scopes: ['messages:send'], ttl: 1.5 }, [{ field: 'ttl', message: 'must be a whole number of seconds' }]],
    [{ scopes: ['messages:send'], ttl: '60' }, [{ field: 'ttl', message: 'must be a whole number of seconds' }]],
    [{ scopes: ['messages:send'], tll: 60 }, [{ field: 'tll', message: 'is not a field of this call' }]],
    [[], [{ field: '', message: 'the body must be a JSON object' }]],
  ])('names the wrong field of %j', async (body, errors) => {
    const answer = await service.call('POST', TOKENS, basic('ada', 'secret'), body);
    expect(await answer.json()).toMatchObject({ status: 400, code: 'invalid_body', errors });
  });
});

describe('a path', () => {
  it.each([
    ['GET', '/3rdparty/v1/auth/tokens'],
    ['GET', '/'],
    ['POST', '/3rdparty/v1/auth/token/x/y'],
    ['POST', '/messages'],
  ])('without a call is answered 404: %s %s', async (method, path) => {
    const answer = await service.call(method, path);
    expect([answer.status, problemCode(await answer.text())]).toEqual([404, 'not_found']);
  });

  it('without a call is answered before the body arrives', async () => {
    const { hostname, port } = new URL(service.origin);
    const socket = connect(Number(port), hostname);
    socket.write('POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 404 /);
    socket.destroy();
  });

  it.each(['/%zz', '/3rdparty/v1/auth/token/%zz', `/3rdparty/v1/auth/token/${'x'.repeat(3000)}`])(
    'that is invalid is answered with a problem that does not repeat it: %s',
    async (path) => {
      const answer = await service.call('DELETE', path, login);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.status).toBe(400);
      expect(await answer.text()).not.toContain('zz');
    },
  );

  it('that is ambiguous is refused', async () => {
    const answer = await service.call('DELETE', '/3rdparty/v1/auth/token/a%2fb', login);
    expect([answer.status, problemCode(await answer.text())]).toEqual([400, 'path_rejected']);
  });

  it('may end in a long id', async () => {
    const answer = await service.call('DELETE', `/3rdparty/v1/auth/token/${'x'.repeat(1500)}`, login);
    expect(answer.status).toBe(204);
  });
});
