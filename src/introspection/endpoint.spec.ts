import { beforeEach, describe, expect, it } from 'vitest';
import { AuthorizationServer, legacy } from '../../test/introspection/asking.ts';
import { UnexpectedStatus } from '../jwt/fetch-text.ts';
import { Endpoint } from './endpoint.ts';

let server: AuthorizationServer;
let endpoint: Endpoint;

beforeEach(() => {
  server = new AuthorizationServer();
  const closing = new AbortController().signal;
  endpoint = new Endpoint({ ...server.surroundings, issuer: 'legacy', server: legacy().introspection, closing });
});

async function askTimes(times: number): Promise<void> {
  for (let index = 0; index < times; index++) await endpoint.ask('t', false);
}

describe('Endpoint.ask()', () => {
  it('resolves to what the server says', async () => {
    server.says({ active: true, sub: 'alice' });
    expect(await endpoint.ask('t', false)).toEqual({ answer: { active: true, sub: 'alice' } });
    server.says({ active: false });
    expect(await endpoint.ask('t', false)).toEqual({ answer: { active: false } });
    expect(endpoint.status()).toEqual({
      issuer: 'legacy',
      failures: 0,
      questions: { active: 1, inactive: 1, failed: 0, unasked: 0 },
    });
  });

  it.each<[error: Error, failure: string]>([
    [new Error('fetch failed'), 'no answer'],
    [new UnexpectedStatus(503), 'it answered 503'],
    [new UnexpectedStatus(404), 'it answered 404'],
  ])('leaves a server alone that failed three times, and tries it again: %s', async (error, failure) => {
    server.fails(error);
    expect(await endpoint.ask('t', false)).toEqual({ failure });
    await askTimes(5);
    expect(server.asked).toHaveLength(3);
    expect(await endpoint.ask('t', false)).toEqual({ failure: 'its server is down' });
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
    expect(endpoint.status()).toMatchObject({ failures: 0, questions: { failed: 4, unasked: 8, inactive: 5 } });
  });

  it('takes an answer that is none for a failure', async () => {
    server.answer = async () => 'very-private';
    expect(await endpoint.ask('t', false)).toEqual({ failure: 'no answer' });
    await askTimes(2);
    expect(server.told).toEqual(['legacy failed 3: Error: it answered no JSON']);
  });

  it.each([400, 413, 414, 422, 431])('takes no server for down that refuses a question by %s', async (status) => {
    server.fails(new UnexpectedStatus(status));
    await askTimes(9);
    expect(await endpoint.ask('t', false)).toEqual({ failure: `it answered ${status}` });
    expect(server.asked).toHaveLength(10);
    expect(endpoint.status().failures).toBe(0);
  });

  it('asks 64 questions at a time, 48 of them about tokens that were never good, and refuses the others at once', async () => {
    const held = server.holds();
    const refused = { failure: 'too many open questions' };
    const unknown = Array.from({ length: 48 }, () => endpoint.ask('made up', false));
    expect(await endpoint.ask('made up', false)).toEqual(refused);
    const good = Array.from({ length: 16 }, () => endpoint.ask('good', true));
    expect(await endpoint.ask('good', true)).toEqual(refused);
    held.answer({ active: true });
    expect(await Promise.all([...unknown, ...good])).toHaveLength(64);
    expect(await endpoint.ask('made up', false)).toEqual({ answer: { active: true } });
    expect(server.asked).toHaveLength(65);
    expect(endpoint.status().questions).toMatchObject({ active: 65, unasked: 2 });
  });

  it('counts questions that were open together as one beginning of a rest', async () => {
    server.fails();
    await Promise.all(Array.from({ length: 20 }, () => endpoint.ask('t', false)));
    expect(server.told).toEqual(['legacy failed 3: Error: no route to host']);
    await server.time.advance(1_000);
    server.says({ active: false });
    expect(await endpoint.ask('t', false)).toEqual({ answer: { active: false } });
  });
});
