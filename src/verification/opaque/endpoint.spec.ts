import { beforeEach, describe, expect, it } from 'vitest';
import { AuthorizationServer, legacy } from '../../../test/support/introspection-server.ts';
import type { IntrospectionFailure } from '../../core/check.ts';
import { UnexpectedAnswer, UnexpectedStatus } from '../../remote/fetch-text.ts';
import { Endpoint } from './endpoint.ts';

let server: AuthorizationServer;
let endpoint: Endpoint;

beforeEach(() => {
  server = new AuthorizationServer();
  const closing = new AbortController().signal;
  endpoint = new Endpoint({ ...server.environment, issuer: 'legacy', server: legacy().introspection, closing });
});

const BUSY = { failure: 'busy' };

/** Asks about a token that the server has vouched for before. */
async function askTimes(times: number): Promise<void> {
  for (let index = 0; index < times; index++) await endpoint.ask('good', true);
}

describe('Endpoint.ask()', () => {
  it('resolves to the response of the server', async () => {
    server.says({ active: true, sub: 'alice' });
    expect(await endpoint.ask('t', false)).toEqual({ answer: { active: true, sub: 'alice' } });
    server.says({ active: false });
    expect(await endpoint.ask('t', false)).toEqual({ answer: { active: false } });
    expect(endpoint.status()).toEqual({
      issuer: 'legacy',
      failures: 0,
      trouble: undefined,
      requests: { active: 1, inactive: 1, failed: 0, unasked: 0 },
    });
  });

  it.each<[error: Error, failure: IntrospectionFailure]>([
    [new Error('fetch failed'), 'no answer'],
    [new UnexpectedStatus(502), { kind: 'status', status: 502 }],
    [new UnexpectedStatus(503), { kind: 'status', status: 503 }],
    [new UnexpectedStatus(504), { kind: 'status', status: 504 }],
  ])('pauses after three failures in a row, then tries the server again: %s', async (error, failure) => {
    server.fails(error);
    expect(await endpoint.ask('good', true)).toEqual({ failure });
    await askTimes(5);
    expect(server.asked).toHaveLength(3);
    expect(await endpoint.ask('good', true)).toEqual({ failure: 'down' });
    await server.time.advance(1_000);
    await askTimes(5);
    expect(server.asked).toHaveLength(4);
    server.says({ active: false });
    await server.time.advance(2_000);
    await askTimes(5);
    expect(server.asked).toHaveLength(9);
    expect(server.told).toEqual([
      `legacy failed 3: ${String(error)}`,
      `legacy failed 4: ${String(error)}`,
      'legacy recovered after 4',
    ]);
    expect(endpoint.status()).toMatchObject({ failures: 0, requests: { failed: 4, unasked: 8, inactive: 5 } });
  });

  it.each([
    new Error('fetch failed'),
    new UnexpectedAnswer({ kind: 'length', maxBytes: 65_536 }),
    ...[302, 400, 401, 403, 404, 413, 429, 500, 503].map((status) => new UnexpectedStatus(status)),
  ])('does not consider a server down because of unknown tokens: %s', async (error) => {
    server.answer = (token) => (token === 'junk' ? Promise.reject(error) : Promise.resolve('{"active":true}'));
    for (let index = 0; index < 9; index++) await endpoint.ask('junk', false);
    expect(await endpoint.ask('good', true)).toEqual({ answer: { active: true } });
    expect(await endpoint.ask('fresh', false)).toEqual({ answer: { active: true } });
    expect(server.asked).toHaveLength(11);
    expect([endpoint.status().failures, server.told]).toEqual([0, []]);
  });

  it.each(['very-private', '[]', '{"active":1}', '{"active":true,"client_id":7}'])(
    'does not consider a server down because of an invalid response: %s',
    async (answer) => {
      server.answer = async () => answer;
      await askTimes(9);
      expect(server.asked).toHaveLength(9);
      expect(await endpoint.ask('good', true)).toEqual({
        failure: { kind: expect.stringMatching(/^(not JSON|not an object|no introspection)$/) },
      });
      expect(server.told).toEqual([]);
    },
  );

  it.each([400, 401, 404, 413, 414, 422, 431, 500])(
    'does not consider a server down because of status %s',
    async (status) => {
      server.fails(new UnexpectedStatus(status));
      await askTimes(9);
      expect(await endpoint.ask('good', true)).toEqual({ failure: { kind: 'status', status } });
      expect(server.asked).toHaveLength(10);
      expect(endpoint.status().failures).toBe(0);
    },
  );

  it('tries a server that is down with a token that it has vouched for', async () => {
    server.fails();
    await askTimes(3);
    server.answer = (token) =>
      token === 'junk' ? Promise.reject(new UnexpectedStatus(503)) : Promise.resolve('{"active":true}');
    expect(await endpoint.ask('junk', false)).toEqual({ failure: 'down' });
    await server.time.advance(1_000);
    expect(await endpoint.ask('junk', false)).toEqual({ failure: { kind: 'status', status: 503 } });
    expect(server.asked.slice(3)).toEqual(['good', 'junk']);
    expect(await endpoint.ask('good', true)).toEqual({ answer: { active: true } });
    server.fails();
    await askTimes(3);
    await server.time.advance(1_000);
    expect(await endpoint.ask('junk', false)).toEqual({ failure: 'down' });
    expect(server.asked.slice(-1)).toEqual(['good']);
  });

  it('allows 64 open requests about vouched tokens, and separately 48 about unknown ones', async () => {
    const held = server.holds();
    const unknown = Array.from({ length: 48 }, () => endpoint.ask('made up', false));
    expect(await endpoint.ask('made up', false)).toEqual(BUSY);
    const good = Array.from({ length: 64 }, () => endpoint.ask('good', true));
    expect(await endpoint.ask('good', true)).toEqual(BUSY);
    held.answer({ active: true });
    expect(await Promise.all([...unknown, ...good])).toHaveLength(112);
    expect(await endpoint.ask('made up', false)).toEqual({ answer: { active: true } });
    expect(server.asked).toHaveLength(113);
    expect(endpoint.status().requests).toMatchObject({ active: 113, unasked: 2 });
  });

  it('starts only one pause when several open requests fail', async () => {
    server.fails();
    await Promise.all(Array.from({ length: 20 }, () => endpoint.ask('good', true)));
    expect(server.told).toEqual(['legacy failed 3: Error: no route to host']);
    await server.time.advance(1_000);
    server.says({ active: false });
    expect(await endpoint.ask('good', true)).toEqual({ answer: { active: false } });
  });
});

describe('Endpoint.status().trouble', () => {
  /** Responds to tokens with the status `token`, and to an empty token with the error `nothing`. */
  function answers(token: string, nothing: Error): void {
    server.answer = (asked) =>
      asked === '' ? Promise.reject(nothing) : Promise.reject(new UnexpectedStatus(Number(token)));
  }

  it.each([
    ['401', new UnexpectedStatus(401)],
    ['403', new UnexpectedStatus(401)],
    ['401', new UnexpectedStatus(403)],
  ])('is "credentials refused" for status %s and, without a token, %s', async (status, error) => {
    answers(status, error);
    for (let index = 0; index < 9; index++) await endpoint.ask('t', index % 2 === 0);
    await server.time.advance(0);
    expect(server.told).toEqual([`legacy misconfigured: ${String(error)}`]);
    expect(endpoint.status()).toMatchObject({ trouble: 'credentials refused', failures: 0 });
    expect([server.asked.length, server.askedAboutNothing]).toEqual([9, 1]);
    server.says({ active: false });
    await endpoint.ask('t', false);
    expect(endpoint.status().trouble).toBeUndefined();
    expect(server.told).toHaveLength(2);
  });

  it('is undefined if the server refuses only the token', async () => {
    answers('401', new UnexpectedStatus(400));
    await endpoint.ask('t', false);
    await server.time.advance(0);
    expect([endpoint.status().trouble, server.told]).toEqual([undefined, []]);
  });

  it('is "unreachable" if the server cannot be reached, and is checked at most every ten seconds', async () => {
    server.fails();
    for (let index = 0; index < 9; index++) await endpoint.ask('t', false);
    await server.time.advance(0);
    expect(endpoint.status()).toMatchObject({ trouble: 'unreachable', failures: 0 });
    expect([server.told, server.askedAboutNothing]).toEqual([['legacy failed 1: Error: no route to host'], 1]);
    answers('503', new UnexpectedStatus(400));
    await server.time.advance(9_999);
    await endpoint.ask('t', false);
    expect(server.askedAboutNothing).toBe(1);
    await server.time.advance(1);
    await endpoint.ask('t', false);
    await server.time.advance(0);
    expect([endpoint.status().trouble, server.askedAboutNothing]).toEqual([undefined, 2]);
  });
});
