import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HttpResponse, sendRequest } from '../../support/servers/http-client.ts';
import { startTokenService, type TokenService } from '../../support/token-service.ts';

let service: TokenService;
let port: number;

beforeAll(async () => {
  service = await startTokenService({ env: { SALLYPORT_ACCOUNT: 'ada:secret' } });
  port = Number(new URL(service.origin).port);
});

afterAll(() => service.close());

/** Logs in with the console's form. The test is a trusted proxy. */
function logIn(client: string, name: string, password: string, cookie?: string): Promise<HttpResponse> {
  const headers = [
    ['Origin', `http://127.0.0.1:${port}`],
    ['Content-Type', 'application/x-www-form-urlencoded'],
    ['X-Forwarded-For', client],
    ...(cookie === undefined ? [] : [['Cookie', cookie] as const]),
  ] as const;
  const body = new URLSearchParams({ name, password }).toString();
  return sendRequest({ port, method: 'POST', path: '/console/login', headers, body });
}

function deviceOf({ headers }: HttpResponse): string | undefined {
  return headers['set-cookie']?.find((field) => field.startsWith('__Host-sallyport-device='));
}

it('a browser that has logged in before can log in from anywhere, while others must wait for the time that they are told', async () => {
  const device = deviceOf(await logIn('203.0.113.7', 'ada', 'secret'));
  expect(device).toMatch(
    /^__Host-sallyport-device=[\w.~-]+; Max-Age=2592000; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
  );
  const cookie = device?.split(';')[0];
  const guesses: HttpResponse[] = [];
  for (let index = 0; index < 11; index++) guesses.push(await logIn(`198.51.100.${index}`, 'ada', `guess ${index}`));
  expect(guesses.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
  expect(guesses.map(deviceOf)).toEqual(guesses.map(() => undefined));
  const last = guesses.at(-1);
  expect(last?.body).toMatch(/too many attempts: try again in (2[0-9]|30) seconds/);
  expect(Number(last?.headers['retry-after'])).toBeGreaterThan(1);

  // From a new address, and without the password cached in this process.
  expect((await logIn('192.0.2.1', 'ada', 'wrong')).status).toBe(429);
  expect((await logIn('192.0.2.1', 'ada', 'wrong', cookie)).status).toBe(401);
  expect((await logIn('192.0.2.1', 'nobody', 'wrong', cookie)).status).toBe(401);
  expect((await logIn('192.0.2.1', 'ada', 'secret', `${cookie}; theme=dark`)).status).toBe(303);
});

it('a few refused log-ins each leave an audit record with the account', async () => {
  await service.addAccount({ name: 'bob', password: 'another good secret', scopes: [] });
  service.lines.length = 0;
  await logIn('203.0.113.9', 'bob', 'wrong');
  await logIn('203.0.113.9', 'nobody at all', 'wrong');
  const records = service.lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'log-in refused');
  expect(records).toEqual([
    expect.objectContaining({ log: 'audit', client: '203.0.113.9', check: 'password', account: expect.any(String) }),
    expect.not.objectContaining({ account: expect.anything() }),
  ]);
});
