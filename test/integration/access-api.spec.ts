import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app/running-app.ts';
import { startApp } from '../../src/app/start.ts';
import { loadConfig } from '../../src/config/load.ts';
import { forgeWith, hmac } from '../support/jwt/forge.ts';
import { type AccessClient, connectAccess } from '../support/servers/access-client.ts';

const SECRET = 'a secret of the partner, of more than 32 bytes';
const TEXT = `version: 1
listen: { access: "127.0.0.1:0" }
store: "memory:"
timeouts: { decision: 9s, store: 2s }
scopes: { messages:send: {}, messages:list: {} }
issuers:
  - name: partner
    issuer: https://partner.example.com
    audience: any
    algorithms: [HS256]
    secrets: [{ env: PARTNER }]
    allowScopes: [messages:send, messages:list, all:any, access:check, access:introspect]
routes: [{ method: POST, path: "/messages/{id}", scope: "messages:send" }]
`;

let folder: string;
let app: App;
let client: AccessClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-access-'));
  const file = join(folder, 'sallyport.yaml');
  await writeFile(file, TEXT);
  const loaded = loadConfig(file, { PARTNER: SECRET });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  app = await startApp(loaded.config, { env: {} });
  client = connectAccess(app.addresses.access ?? '', { token: tokenOf('access:check access:introspect') });
});

afterAll(async () => {
  client.close();
  await app.close();
  await rm(folder, { recursive: true });
});

function tokenOf(scope: string, more: object = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: 'https://partner.example.com', sub: 'alice', jti: 't1', iat: now, exp: now + 600, scope };
  return forgeWith({ alg: 'HS256' }, { ...claims, ...more }, hmac(SECRET));
}

describe('Authorize', () => {
  it('allows a token with the scope that is asked about, and says whose it is', async () => {
    const answer = await client.authorize({ token: tokenOf('messages:send'), scope: 'messages:send' });
    expect(answer).toMatchObject({
      allowed: true,
      http_status: 200,
      route: 'messages:send',
      identity: { issuer: 'partner', subject: 'alice', token_id: 't1', scheme: 'bearer', scopes: ['messages:send'] },
    });
    expect(answer.revocation_keys).toContain('sallyport:revoked:partner:t1');
  });

  it('refuses a caller without a token', async () => {
    const anonymous = connectAccess(app.addresses.access ?? '');
    await expect(anonymous.authorize({ scope: 'messages:send' })).rejects.toMatchObject({
      code: status.UNAUTHENTICATED,
      message: 'credentials required',
      details: { ErrorInfo: { reason: 'credentials_required', domain: 'sallyport' } },
    });
    anonymous.close();
  });
});
