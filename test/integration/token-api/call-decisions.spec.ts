import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTokenService, type TokenService } from '../../support/token-service.ts';

const PASSWORD = 'a long enough secret';

let service: TokenService;

beforeAll(async () => {
  service = await startTokenService({
    config: { listen: { tokens: '127.0.0.1:0', admin: '127.0.0.1:0' } },
    env: { SALLYPORT_ACCOUNT: `ada:${PASSWORD}` },
  });
});

afterAll(() => service.close());

/** Resolves to the number of decisions about a route, by outcome, reason and scheme. */
async function decisionsAbout(route: string): Promise<Readonly<Record<string, number>>> {
  const ready = service.lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === 'ready');
  const metrics = await (await fetch(`http://${ready.admin}/metrics`)).text();
  const lines = metrics.split('\n').filter((line) => line.startsWith('sallyport_decisions_total{'));
  const pairs = lines
    .filter((line) => line.includes(`route="${route}"`))
    .map((line) => {
      const [, outcome, reason, scheme] = /outcome="(\w+)",reason="(\w*)",scheme="(\w+)"/.exec(line) ?? [];
      return [[outcome, reason, scheme].filter(Boolean).join(' '), Number(line.split(' ').at(-1))];
    });
  return Object.fromEntries(pairs);
}

const logIn = (password: string) => service.call('POST', '/v1/login', undefined, { name: 'ada', password });

it('counts a failed log-in once as a denial with its reason, and a successful one as a pass', async () => {
  for (const password of [PASSWORD, 'wrong', 'wrong too']) await logIn(password);
  expect(await decisionsAbout('/v1/login')).toEqual({ 'allow none': 1, 'deny credentials_invalid none': 2 });
  const denied = service.lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'denied');
  expect(denied.at(-1)).toMatchObject({ log: 'decision', route: '/v1/login', reason: 'credentials_invalid' });
});

it('counts an admitted call once, even if its body is refused or cannot be read', async () => {
  const broken = await fetch(`${service.origin}/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{',
  });
  expect([broken.status, (await service.call('POST', '/v1/login', undefined, {})).status]).toEqual([400, 400]);
  expect(await decisionsAbout('/v1/login')).toMatchObject({ 'allow none': 3 });
});

it('counts a password change with a wrong current password as a denial', async () => {
  const { access_token: token } = (await (await logIn(PASSWORD)).json()) as Record<string, string>;
  const change = (current: string) =>
    service.call('POST', '/v1/password', `Bearer ${token}`, { current, new: 'another good secret' });
  expect((await change('wrong')).status).toBe(401);
  expect((await service.call('POST', '/v1/password', undefined, { current: 'x', new: 'y' })).status).toBe(401);
  expect((await change(PASSWORD)).status).toBe(204);
  expect(await decisionsAbout('/v1/password')).toEqual({
    'allow bearer': 1,
    'deny credentials_invalid bearer': 1,
    'deny credentials_required none': 1,
  });
});
