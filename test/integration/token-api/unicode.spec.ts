import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTokenService, type TokenService } from '../../support/token-service.ts';

/** Two passwords that differ by a byte in Latin-1. A lenient decoder reads both as {@link REPLACED}, bob's password. */
const LATIN1 = [Buffer.from('p\xe4ssword of bob', 'latin1'), Buffer.from('p\xfcssword of bob', 'latin1')];
const REPLACED = 'p\uFFFDssword of bob';
/** Composed, as most keyboards send it, and decomposed, as macOS stores file names. */
const COMPOSED = 'pässword of ada'.normalize('NFC');
const DECOMPOSED = COMPOSED.normalize('NFD');

let service: TokenService;

beforeAll(async () => {
  service = await startTokenService();
  await service.addAccount({ name: 'bob', password: REPLACED, scopes: ['messages:send', 'tokens:manage'] });
  await service.addAccount({ name: 'ada', password: COMPOSED, scopes: ['messages:send', 'tokens:manage'] });
});

afterAll(() => service.close());

async function post(path: string, type: string, body: Buffer, authorization?: Buffer) {
  const headers = {
    'content-type': type,
    origin: service.origin,
    ...(authorization && { authorization: `Basic ${authorization.toString('base64')}` }),
  };
  const answer = await fetch(`${service.origin}${path}`, {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
    redirect: 'manual',
  });
  return { status: answer.status, text: await answer.text() };
}

const around = (before: string, inner: Buffer, after: string) =>
  Buffer.concat([Buffer.from(before), inner, Buffer.from(after)]);
const percentEncoded = (bytes: Buffer) => [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

describe('text that is not UTF-8', () => {
  it.each(LATIN1)('is refused in a JSON body', async (bytes) => {
    const answer = await post('/v1/login', 'application/json', around('{"name":"bob","password":"', bytes, '"}'));
    expect(answer).toEqual({ status: 400, text: expect.stringContaining('"the body is not valid UTF-8') });
  });

  it.each(['\\ud800', '\\udc00', '\\uDBFFx'])('is refused as half of a surrogate pair, %s in JSON', async (half) => {
    const body = Buffer.from(`{"name":"bob","password":"p${half}ssword of bob"}`);
    expect(await post('/v1/login', 'application/json', body)).toEqual({
      status: 400,
      text: expect.stringContaining('"the body is not valid UTF-8'),
    });
  });

  it.each(LATIN1)('matches no password in Basic credentials, with or without form encoding', async (bytes) => {
    const form = Buffer.from('token=x');
    const pairs = [
      around('bob:', bytes, ''),
      Buffer.from(`bob:${percentEncoded(bytes)}`),
      around('bob:', Buffer.from(bytes.toString('latin1').replaceAll(' ', '+'), 'latin1'), ''),
    ];
    for (const pair of pairs) {
      expect((await post('/oauth2/introspect', 'application/x-www-form-urlencoded', form, pair)).status).toBe(401);
    }
    const { status } = await post(
      '/3rdparty/v1/auth/token',
      'application/json',
      Buffer.from('{"scopes":["messages:send"]}'),
      pairs[0],
    );
    expect(status).toBe(401);
  });

  it.each(LATIN1)('is refused in a form', async (bytes) => {
    const written = [
      around('name=bob&password=', bytes, ''),
      Buffer.from(`name=bob&password=${percentEncoded(bytes)}`),
    ];
    for (const form of written) {
      const { status, text } = await post('/console/login', 'application/x-www-form-urlencoded', form);
      expect(status).toBe(400);
      expect(text).not.toContain('ssword of bob');
    }
  });

  it('is refused in a form of an OAuth call', async () => {
    const pair = Buffer.from(`bob:${REPLACED}`);
    for (const body of [around('token=', Buffer.from([0xe4]), ''), Buffer.from('token=%E4')]) {
      const answer = await post('/oauth2/introspect', 'application/x-www-form-urlencoded', body, pair);
      expect(answer).toEqual({ status: 400, text: expect.stringContaining('invalid_request') });
    }
  });

  it('is refused in a query', async () => {
    const login = await service.call('POST', '/v1/login', undefined, { name: 'ada', password: COMPOSED });
    const bearer = `Bearer ${((await login.json()) as { access_token: string }).access_token}`;
    const answer = await service.call('GET', '/v1/tokens?after=%E4', bearer);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('"invalid_query"')]);
    const page = await service.call('GET', '/console/login?notice=%E4');
    expect(page.status).toBe(400);
  });

  it('has a valid counterpart in UTF-8 that matches the password', async () => {
    const pair = Buffer.from(`bob:${REPLACED}`);
    const { status } = await post(
      '/oauth2/introspect',
      'application/x-www-form-urlencoded',
      Buffer.from('token=x'),
      pair,
    );
    expect(status).toBe(200);
  });
});

describe('a password', () => {
  it.each([COMPOSED, DECOMPOSED])('is normalized to NFC before it is compared', async (password) => {
    const answer = await service.call('POST', '/v1/login', undefined, { name: 'ada', password });
    expect(answer.status).toBe(200);
  });
});
