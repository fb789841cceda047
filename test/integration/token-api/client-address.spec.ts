import { afterEach, expect, it } from 'vitest';
import { startTokenService, type TokenService } from '../../support/token-service.ts';

let service: TokenService | undefined;

afterEach(() => service?.close());

async function start(config: object): Promise<TokenService> {
  service = await startTokenService({ config });
  return service;
}

/** Sends a log-in that is refused, from the client that the last proxy names. */
function logIn({ origin }: TokenService, forwardedFor: string): Promise<Response> {
  return fetch(`${origin}/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': forwardedFor },
    body: JSON.stringify({ email: 'nobody@example.com', password: 'not the password at all' }),
  });
}

/** The lines that have a member, without those of decisions. */
function linesWith({ lines }: TokenService, key: string): Record<string, unknown>[] {
  const objects = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return objects.filter((line) => key in line && line['log'] !== 'decision');
}

it.each([
  '198.51.100.9',
  '198.51.100.9:443',
  '"198.51.100.9:50000"',
  '[::ffff:198.51.100.9]:443',
  '203.0.113.1, 198.51.100.9:1',
])('the token service reads X-Forwarded-For %s as the client 198.51.100.9', async (forwardedFor) => {
  const here = await start({ trustedProxies: ['127.0.0.1'] });
  expect((await logIn(here, forwardedFor)).status).toBe(401);
  expect(linesWith(here, 'client')).toEqual([expect.objectContaining({ client: '198.51.100.9' })]);
});

it('the token service uses the address of the proxy if it names none for the client', async () => {
  const here = await start({ trustedProxies: ['127.0.0.1'] });
  expect((await logIn(here, '198.51.100.9, unknown')).status).toBe(401);
  expect(linesWith(here, 'client')).toEqual([expect.objectContaining({ client: '127.0.0.1' })]);
});

it('the token service warns once about a peer that is missing in trustedProxies', async () => {
  const here = await start({ trustedProxies: ['192.0.2.1'] });
  for (const client of ['198.51.100.9', '198.51.100.10']) await logIn(here, client);
  expect(linesWith(here, 'peer')).toEqual([
    expect.objectContaining({
      level: 'warn',
      door: 'tokens',
      peer: '127.0.0.1',
      msg: expect.stringContaining('trustedProxies'),
    }),
  ]);
  expect(linesWith(here, 'client').map(({ client }) => client)).toEqual(['127.0.0.1', '127.0.0.1']);
});

it.each(['x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-uri'])(
  'the token service warns about %s too',
  async (name) => {
    const { origin, lines } = await start({ trustedProxies: ['192.0.2.1'] });
    for (let count = 0; count < 2; count += 1)
      await fetch(`${origin}/v1/tokens`, { headers: { [name]: 'evil.example.com' } });
    expect(lines.filter((line) => line.includes('X-Forwarded-* is ignored'))).toHaveLength(1);
  },
);
