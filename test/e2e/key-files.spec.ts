import { mkdtempSync, rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { forge } from '../support/jwt/forge.ts';
import { jwkOf, type KeyPair, p256, p384 } from '../support/jwt/keys.ts';
import { setOf } from '../support/jwt/publisher.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';

const ISSUER = 'https://login.example.com';

let folder: string;
let sallyport: Sallyport;
let checks: CheckClient;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-key-files-'));
  await publish(setOf(jwkOf(p256, { kid: 'old' })));
  sallyport = await startSallyport({ edit: configure });
  checks = connectChecks(sallyport.ports.extAuthz);
});

afterAll(async () => {
  checks.close();
  await sallyport.close();
  rmSync(folder, { recursive: true });
});

function configure(config: Record<string, unknown>): void {
  config['issuers'] = [
    ...(config['issuers'] as object[]),
    {
      name: 'corporate',
      issuer: ISSUER,
      audience: 'sms-api',
      algorithms: ['ES256', 'ES384'],
      jwks: { file: join(folder, 'keys.json') },
    },
  ];
}

/** Replaces the file as a whole, as tools and Kubernetes do. */
async function publish(text: string): Promise<void> {
  await writeFile(join(folder, 'new'), text);
  await rename(join(folder, 'new'), join(folder, 'keys.json'));
}

function tokenOf(alg: string, kid: string, { privateKey }: KeyPair): string {
  const claims = { iss: ISSUER, sub: 'alice', aud: 'sms-api', exp: Date.now() / 1000 + 600, scope: 'messages:send' };
  return forge({ alg, kid }, claims, privateKey);
}

const OLD = tokenOf('ES256', 'old', p256);
const NEW = tokenOf('ES384', 'new', p384);

async function outcomeOf(token: string): Promise<string> {
  const headers = [['authorization', `Bearer ${token}`]] as const;
  const request = { method: 'POST', path: '/3rdparty/v1/messages', host: 'h', headers };
  return (await checks.check(request, 'raw')).outcome;
}

const outcomes = async (): Promise<readonly string[]> => Promise.all([OLD, NEW].map(outcomeOf));

it('a file of keys is read again when it changes, and a bad one leaves the former keys in force', async () => {
  expect(await outcomes()).toEqual(['passes', 'denied']);
  await publish(setOf(jwkOf(p384, { kid: 'new' }), p256.privateKey.export({ format: 'jwk' })));
  await expect.poll(() => sallyport.output(), { timeout: 10_000 }).toContain('the former one stays in force');
  expect(sallyport.output()).toContain('issuers[1].jwks.file: key 2 of the file: this is a private key');
  expect(await outcomes()).toEqual(['passes', 'denied']);
  await publish(setOf(jwkOf(p384, { kid: 'new' })));
  await expect.poll(outcomes, { timeout: 10_000 }).toEqual(['denied', 'passes']);
  expect(sallyport.output()).not.toContain(p256.privateKey.export({ format: 'jwk' }).d);
});
