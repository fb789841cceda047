import { setTimeout as wait } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { basic } from '../support/servers/http-client.ts';
import { beginCall } from '../support/slow-call.ts';
import { startTokenService, type TokenService } from '../support/token-service.ts';

const PASSWORD = 'correct horse battery';
const CONFIG = {
  listen: { tokens: '127.0.0.1:0', verify: '127.0.0.1:0' },
  authzen: { accountTypes: ['user'] },
  // Generous, because tests run in parallel.
  timeouts: { decision: '9s', store: '2s' },
};
const QUESTION = {
  subject: { type: 'user', id: 'pep' },
  action: { name: 'send' },
  resource: { type: 'messages', id: '1' },
};
/** Longer than an admission lasts whose body arrives late. */
const LATE_MS = 300;

let service: TokenService;

beforeAll(async () => {
  service = await startTokenService({ config: CONFIG });
  await service.addAccount({ name: 'pep', password: PASSWORD, scopes: ['access:check', 'messages:send'] });
});

afterAll(() => service.close());

async function issue(): Promise<string> {
  const path = '/3rdparty/v1/auth/token';
  const answer = await service.call('POST', path, basic('pep', PASSWORD), { scopes: ['access:check'] });
  const { access_token } = (await answer.json()) as { readonly access_token: string };
  return access_token;
}

function begin(token: string, path: string) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return beginCall({ port: Number(new URL(service.verify).port), path, headers, body: JSON.stringify(QUESTION) });
}

it.each(['/access/v1/evaluation', '/access/v1/evaluations'])(
  'POST %s admits its caller again if the body arrives late',
  async (path) => {
    const token = await issue();
    const inTime = begin(token, path);
    await wait(LATE_MS);
    expect(await inTime.finish()).toMatchObject({ status: 200, body: expect.stringContaining('"decision":true') });
    const late = begin(token, path);
    await wait(LATE_MS);
    const revoked = await service.call(
      'DELETE',
      `/3rdparty/v1/auth/token/${decodeJwt(token).jti}`,
      basic('pep', PASSWORD),
    );
    expect(revoked.status).toBe(204);
    await expect.poll(async () => (await begin(token, path).finish()).status).toBe(401);
    expect(await late.finish()).toMatchObject({ status: 401, body: expect.stringContaining('token_revoked') });
  },
);
