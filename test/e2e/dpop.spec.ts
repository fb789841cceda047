import { generateKeyPairSync, randomUUID } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { proofFor, thumbprintOf } from '../support/binding/dpop.ts';
import { forgeWith, hmac } from '../support/jwt/forge.ts';
import { p256 } from '../support/jwt/keys.ts';
import { type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';
import { REDIS, type StoreUnderTest } from '../support/servers/stores.ts';

const SECRET = 'the secret of the bank, of 32 bytes and more';
const PATH = '/3rdparty/v1/messages';
const ORIGIN = 'https://api.example.com';
const ALGS = 'algs="ES256 ES384 EdDSA Ed25519 PS256 RS256"';

let services: Services;
let store: StoreUnderTest;
let instances: readonly Sallyport[];
let envoy: RunningEnvoy;
let local: string;

/** Two instances on one Redis; Envoy asks them in turn. */
beforeAll(async () => {
  services = await startServices();
  store = await REDIS.start();
  const options = { env: { ...store.env, BANK_SECRET: SECRET, NONCE_SECRET: 'n'.repeat(32) }, edit: configure({}) };
  instances = [await startSallyport(options), await startSallyport(options)];
  const sallyport = instances.map(({ ports }) => ports.extAuthz);
  const tokens = instances[0]?.ports.tokens ?? 0;
  const listeners = [{ name: 'gateway', normalises: true, rawHeaders: true }];
  envoy = await startEnvoy({ sallyport, tokens, ...services.ports }, { listeners });
  local = `http://127.0.0.1:${envoy.gateways[0]?.port ?? 0}`;
});

afterAll(async () => {
  await envoy.close();
  for (const instance of instances) await instance.close();
  await store.close();
  services.close();
});

beforeEach(() => {
  services.received.length = 0;
});

function configure(dpop: object): (config: Record<string, unknown>) => void {
  return (config) => {
    store.edit(config);
    const bank = { name: 'bank', issuer: 'https://bank.example', audience: 'sms', algorithms: ['HS256'] };
    // The demo's file has these lists.
    (config['issuers'] as object[]).push({ ...bank, secrets: [{ env: 'BANK_SECRET' }] });
    (config['routes'] as object[]).push({ method: 'GET', path: `${PATH}/bound`, authenticated: true, bound: 'dpop' });
    config['dpop'] = { origins: [ORIGIN], ...dpop };
  };
}

function tokenFor(cnf?: object): string {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const claims = {
    iss: 'https://bank.example',
    aud: 'sms',
    sub: 'acme',
    scope: 'messages:list',
    jti: randomUUID(),
    exp,
  };
  return forgeWith({ alg: 'HS256' }, { ...claims, cnf }, hmac(SECRET));
}

async function bound(): Promise<string> {
  return tokenFor({ jkt: await thumbprintOf(p256) });
}

function send(authorization: string, proofs: readonly string[], path = PATH): Promise<HttpResponse> {
  const headers = [
    ['Authorization', authorization] as const,
    ...proofs.map((proof) => ['DPoP', proof] as const),
    ['Host', 'api.example.com'] as const,
  ];
  return sendRequest({ port: envoy.gateways[0]?.port ?? 0, method: 'GET', path, headers });
}

function proofOf(token: string, uri = `${ORIGIN}${PATH}`): string {
  return proofFor({ method: 'GET', uri, token }, p256);
}

function outcomeOf({ status, body }: HttpResponse): number | string {
  return status < 300 ? status : JSON.parse(body).code;
}

describe('a token that is bound to a key', () => {
  it('passes with a new proof each time; neither it nor the proof reaches the service', async () => {
    const token = await bound();
    for (let attempt = 0; attempt < 4; attempt++) {
      expect(outcomeOf(await send(`DPoP ${token}`, [proofOf(token)]))).toBe(200);
    }
    const [{ headers } = { headers: {} }] = services.received;
    expect(headers).toMatchObject({ 'x-auth-subject': 'acme', 'x-auth-scheme': 'dpop' });
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('dpop');
  });

  it('passes once with one proof, whichever instance is asked', async () => {
    const token = await bound();
    const proof = proofOf(token);
    const answers = [];
    for (let attempt = 0; attempt < 6; attempt++) answers.push(outcomeOf(await send(`DPoP ${token}`, [proof])));
    expect(answers).toEqual([200, ...Array(5).fill('token_invalid')]);
    for (const instance of instances) {
      await expect.poll(() => instance.output()).toContain('"check":"proof used before"');
    }
    const other = proofOf(token);
    const together = await Promise.all(Array.from({ length: 8 }, () => send(`DPoP ${token}`, [other])));
    expect(together.map(outcomeOf).filter((outcome) => outcome === 200)).toHaveLength(1);
  });

  it.each<[string, (token: string) => Promise<HttpResponse>, string]>([
    ['as Bearer', (token) => send(`Bearer ${token}`, []), 'bound to a key, sent as bearer'],
    ['as Bearer with a proof', (token) => send(`Bearer ${token}`, [proofOf(token)]), 'bound to a key, sent as bearer'],
    ['without a proof', (token) => send(`DPoP ${token}`, []), 'no proof'],
    ['with two proofs', (token) => send(`DPoP ${token}`, [proofOf(token), proofOf(token)]), 'several proofs'],
    ['with two in one field', (token) => send(`DPoP ${token}`, [`${proofOf(token)}, x`]), 'several proofs'],
    ['with the proof of another token', (token) => send(`DPoP ${token}`, [proofOf(`${token}x`)]), 'proof ath'],
    ['with a proof for another path', (token) => send(`DPoP ${token}`, [proofOf(token, ORIGIN)]), 'proof htu'],
    [
      'with a proof of another key',
      (token) => {
        const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        return send(`DPoP ${token}`, [proofFor({ method: 'GET', uri: `${ORIGIN}${PATH}`, token }, other)]);
      },
      'proof of another key',
    ],
  ])('is refused %s', async (_, sent, check) => {
    const answer = await sent(await bound());
    expect([answer.status, outcomeOf(answer)]).toEqual([401, 'token_invalid']);
    expect(services.received).toEqual([]);
    await expect.poll(() => instances.map(({ output }) => output()).join('')).toContain(`"check":"${check}"`);
  });

  it('has a challenge that names the algorithms', async () => {
    const answer = await send('', []);
    expect(answer.challenges.slice(0, 2)).toEqual(['Bearer realm="sallyport"', `DPoP realm="sallyport", ${ALGS}`]);
    const refused = await send(`DPoP ${await bound()}`, []);
    expect(refused.challenges).toEqual([`DPoP realm="sallyport", error="invalid_dpop_proof", ${ALGS}`]);
  });

  it('is required where the route says so', async () => {
    const token = await bound();
    const path = `${PATH}/bound`;
    expect(outcomeOf(await send(`DPoP ${token}`, [proofOf(token, `${ORIGIN}${path}`)], path))).toBe(200);
    expect(outcomeOf(await send(`Bearer ${tokenFor()}`, [], path))).toBe('token_invalid');
  });
});

it('a token that is bound to nothing is refused as DPoP, and passes as Bearer', async () => {
  const token = tokenFor();
  expect(outcomeOf(await send(`DPoP ${token}`, [proofOf(token)]))).toBe('token_invalid');
  expect(outcomeOf(await send(`Bearer ${token}`, []))).toBe(200);
});

it('no output holds a token or a proof', async () => {
  const token = await bound();
  const proof = proofOf(token);
  await send(`DPoP ${token}`, [proof]);
  await send(`DPoP ${token}`, [proof]);
  const written = [...instances.map(({ output }) => output()), envoy.output()].join('');
  for (const secret of [token, proof, proof.split('.')[2] ?? proof]) expect(written).not.toContain(secret);
});

describe('with nonces', () => {
  it('are taken up by a reload', async () => {
    const nonce = { secret: { env: 'NONCE_SECRET' } };
    for (const instance of instances) await instance.rewrite(configure({ origins: [ORIGIN, local], nonce }));
    // Envoy asks the instances in turn, so several answers in a row are of both.
    const needNonces = async (): Promise<boolean> => {
      const token = await bound();
      for (let attempt = 0; attempt < 4; attempt++) {
        const answer = await send(`DPoP ${token}`, [proofOf(token)]);
        if (answer.headers['dpop-nonce'] === undefined) return false;
      }
      return true;
    };
    await expect.poll(needNonces, { timeout: 20_000 }).toBe(true);
  });

  it('the client gets one with the denial, and every instance accepts it', async () => {
    const token = await bound();
    const denied = await send(`DPoP ${token}`, [proofOf(token)]);
    expect([denied.status, outcomeOf(denied)]).toEqual([401, 'token_invalid']);
    expect(denied.challenges).toEqual([expect.stringContaining('error="use_dpop_nonce"')]);
    const claims = { nonce: denied.headers['dpop-nonce'] };
    for (let attempt = 0; attempt < 4; attempt++) {
      const proof = proofFor({ method: 'GET', uri: `${ORIGIN}${PATH}`, token }, p256, { claims });
      expect(outcomeOf(await send(`DPoP ${token}`, [proof]))).toBe(200);
    }
  });

  it('oauth4webapi gets through, and learns the nonce by itself', async () => {
    const keys = await oauth.generateKeyPair('ES256');
    const DPoP = oauth.DPoP({}, keys);
    const token = tokenFor({ jkt: await DPoP.calculateThumbprint() });
    const request = () =>
      oauth.protectedResourceRequest(token, 'GET', new URL(`${local}${PATH}?limit=1`), undefined, null, {
        DPoP,
        [oauth.allowInsecureRequests]: true,
      });
    await expect(request()).rejects.toSatisfy(oauth.isDPoPNonceError);
    for (let attempt = 0; attempt < 3; attempt++) expect((await request()).status).toBe(200);
  });
});
