import { generateKeyPairSync } from 'node:crypto';
import type { RequestListener } from 'node:http';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Inspection, openInspection } from '../../src/app/inspection.ts';
import { configFrom } from '../support/config.ts';
import { type IssuerServer, startIssuerServer } from '../support/servers/issuer-server.ts';

const CLIENT = { id: 'reports', secret: 'a secret of the client' };
/** A key for each algorithm that this test has the library sign with. */
const KEYS = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
};
type Algorithm = keyof typeof KEYS;

let server: IssuerServer;
let inspection: Inspection;

beforeAll(async () => {
  let answer: RequestListener = () => undefined;
  server = await startIssuerServer((request, response) => answer(request, response));
  answer = new Provider(server.origin, configuration()).callback();
  inspection = await openInspection(
    configFrom(`
version: 1
listen: { extAuthz: 127.0.0.1:0 }
store: 'memory:'
scopes: { messages:send: {}, messages:list: {} }
issuers:
  - name: provider
    issuer: ${server.origin}
    audience: [${Object.keys(KEYS).join(', ')}]
    algorithms: [${Object.keys(KEYS).join(', ')}]
    discovery: true
    require: { client_id: ${CLIENT.id} }
    scopeMap: { "Messages.Send": messages:send }
routes:
  - { method: POST, path: /messages, scope: messages:send }
`),
  );
});

afterAll(async () => {
  await inspection.close();
  await server.stop();
});

/** Each audience of the server has its algorithm as its name. */
function configuration(): object {
  const keys = Object.entries(KEYS).map(([alg, { privateKey }]) => ({
    ...privateKey.export({ format: 'jwk' }),
    kid: alg,
    alg,
    use: 'sig',
  }));
  return {
    jwks: { keys },
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_: unknown, resource: string) => ({
          scope: 'Messages.Send Messages.List',
          audience: algorithmOf(resource),
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: algorithmOf(resource) } },
        }),
      },
    },
  };
}

function algorithmOf(resource: string): string {
  return resource.replace('urn:', '');
}

async function issue(algorithm: Algorithm, scope: string): Promise<string> {
  const response = await fetch(`${server.origin}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}`).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource: `urn:${algorithm}` }),
  });
  if (!response.ok) throw new Error(`the issuer answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { readonly access_token: string }).access_token;
}

async function decide(token: string) {
  const request = { door: 'ext-authz', method: 'POST', host: '', path: '/messages', fromBrowser: false } as const;
  return inspection.gateway.decider.decide({ ...request, authorization: `Bearer ${token}` });
}

describe.each(Object.keys(KEYS) as readonly Algorithm[])('a token of oidc-provider, signed with %s', (algorithm) => {
  it('is accepted by discovery, with its scopes mapped', async () => {
    const token = await issue(algorithm, 'Messages.Send');
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
      alg: algorithm,
      typ: 'at+jwt',
    });
    expect(await decide(token)).toMatchObject({
      outcome: 'allow',
      credential: { identity: { issuer: 'provider', subject: CLIENT.id, scopes: ['messages:send'] } },
    });
  });

  it('is denied without the mapped scope', async () => {
    expect(await decide(await issue(algorithm, 'Messages.List'))).toMatchObject({
      outcome: 'deny',
      reason: 'scope_required',
    });
  });
});
