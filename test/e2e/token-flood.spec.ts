import { afterAll, beforeAll, expect, it } from 'vitest';
import { forge } from '../support/jwt/forge.ts';
import { ed25519, jwkOf, type KeyPair, p256, p384 } from '../support/jwt/keys.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';

const ISSUER = 'https://login.example.com';

let sallyport: Sallyport;
let checks: CheckClient;

beforeAll(async () => {
  sallyport = await startSallyport({ edit: configure });
  checks = connectChecks(sallyport.ports.extAuthz);
});

afterAll(async () => {
  checks.close();
  await sallyport.close();
});

function configure(config: Record<string, unknown>): void {
  // The order of answers is tested, and not how fast this machine is.
  config['timeouts'] = { decision: '20s' };
  config['issuers'] = [
    ...(config['issuers'] as object[]),
    {
      name: 'corporate',
      issuer: ISSUER,
      audience: 'sms-api',
      algorithms: ['ES256', 'ES384', 'EdDSA'],
      jwks: { keys: [jwkOf(p256, { kid: 'ES256' }), jwkOf(p384, { kid: 'ES384' }), jwkOf(ed25519, { kid: 'EdDSA' })] },
    },
  ];
}

function tokenOf(index: number, alg: string, { privateKey }: KeyPair): string {
  const claims = { iss: ISSUER, sub: 'alice', aud: 'sms-api', exp: Date.now() / 1000 + 600, scope: 'messages:send' };
  return forge({ alg, kid: alg }, { ...claims, jti: `${alg} ${index}` }, privateKey);
}

/** With a signature that is right for other claims. */
function forgedOf(index: number): string {
  const [header, , signature] = tokenOf(index, 'ES256', p256).split('.');
  return `${header}.${tokenOf(index + 100_000, 'ES256', p256).split('.')[1]}.${signature}`;
}

async function answerOf(token: string): Promise<number> {
  const headers = [['authorization', `Bearer ${token}`]] as const;
  const described = await checks.check({ method: 'POST', path: '/3rdparty/v1/messages', host: 'h', headers }, 'plain');
  return described.outcome === 'passes' ? 200 : described.answer.status;
}

it('a flood of forged tokens keeps out neither known tokens nor new ones, and is refused', async () => {
  const known = Array.from({ length: 20 }, (_, index) => tokenOf(index, 'ES256', p256));
  for (const token of known) expect(await answerOf(token)).toBe(200);
  const forged = Array.from({ length: 600 }, (_, index) => forgedOf(index));
  const fresh = Array.from({ length: 60 }, (_, index) => {
    const [alg, pair] = (
      [
        ['ES256', p256],
        ['ES384', p384],
        ['EdDSA', ed25519],
      ] as const
    )[index % 3] ?? ['ES256', p256];
    return tokenOf(1_000 + index, alg, pair);
  });
  const order: string[] = [];
  const ask = async (what: string, token: string): Promise<number> => {
    const answer = await answerOf(token);
    order.push(what);
    return answer;
  };
  const refused = forged.map((token) => ask('forged', token));
  const passed = fresh.map((token) => ask('fresh', token));
  const again = known.map((token) => ask('known', token));
  expect(new Set(await Promise.all(again))).toEqual(new Set([200]));
  expect(new Set(await Promise.all(passed))).toEqual(new Set([200]));
  expect(new Set(await Promise.all(refused))).toEqual(new Set([401]));
  // They were sent last, and did not wait for the flood.
  expect(order.lastIndexOf('known')).toBeLessThan(order.lastIndexOf('forged'));
  // Each is known now, and the forged ones are no better than before.
  for (const token of [...known, ...fresh]) expect(await answerOf(token)).toBe(200);
  for (const token of forged.slice(0, 20)) expect(await answerOf(token)).toBe(401);
});
