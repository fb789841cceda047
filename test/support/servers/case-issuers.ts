import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { forgeWith, hmac, signedBy } from '../jwt/forge.ts';
import { basic } from './http-client.ts';

/** The issuers of the table of cases, whose keys the tests hold. */
export interface CaseIssuers {
  readonly auth0Secret: Buffer;
  readonly corporate: Readonly<Record<'rsa' | 'ec' | 'ed', KeyPair>>;
  /** The environment of the child process. */
  readonly env: NodeJS.ProcessEnv;
  /** Every secret that must never be printed; tests add the tokens that they create. */
  readonly secrets: Set<string>;
  /** Edits sallyport.yaml into a configuration that trusts these issuers. */
  configure(config: Record<string, unknown>): void;
  close(): void;
}

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export const ACCOUNT = { name: 'demo', password: 'correct horse:battery staple' };
/** The variable that creates that account in a new store. */
export const WITH_ACCOUNT = { SALLYPORT_ACCOUNT: `${ACCOUNT.name}:${ACCOUNT.password}` };
/** The `Authorization` value of that account. */
export const OWNER = basic(ACCOUNT.name, ACCOUNT.password);
export const CORPORATE = 'https://login.example.com';
export const PARTNER = 'https://partner.example.com';

/** Starts the issuers: an issuer's key set on a loopback port, and fresh keys. */
export async function startCaseIssuers(): Promise<CaseIssuers> {
  const corporate = {
    rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    ed: generateKeyPairSync('ed25519'),
  };
  const keys = Object.entries(corporate).map(([kid, { publicKey }]) => ({
    ...publicKey.export({ format: 'jwk' }),
    kid,
  }));
  const issuer = createServer((_request, response) => response.end(JSON.stringify({ keys }))).listen(0, '127.0.0.1');
  await once(issuer, 'listening');
  // A listening TCP server has an address of this form.
  const { port } = issuer.address() as AddressInfo;
  const auth0Secret = randomBytes(48);
  const partnerSecret = randomBytes(24).toString('hex');
  const env = {
    ...WITH_ACCOUNT,
    AUTH0_SMS_SECRET: auth0Secret.toString('base64url'),
    PARTNER_SECRET: partnerSecret,
  };
  return {
    auth0Secret,
    corporate,
    env,
    secrets: new Set([ACCOUNT.password, env.AUTH0_SMS_SECRET, partnerSecret]),
    configure: (config) => configure(config, `http://127.0.0.1:${port}/jwks.json`),
    close: () => issuer.close().closeAllConnections(),
  };
}

/** The URL of a resource, and the audience of its tokens. */
export const TOOLS = 'https://tools.example.com/mcp';

function configure(config: Record<string, unknown>, jwks: string): void {
  config['log'] = { level: 'trace', passes: 1 };
  // The demo's file has both as lists.
  const issuers = config['issuers'] as object[];
  const routes = config['routes'] as object[];
  issuers.push(
    { name: 'corporate', issuer: CORPORATE, audience: 'sms-api', algorithms: ['RS256', 'ES256', 'EdDSA'], jwks },
    {
      name: 'auth0-sms',
      requireSubject: 'urn:Auth0',
      audience: 'urn:sms-gateway',
      algorithms: ['HS256'],
      secrets: [{ env: 'AUTH0_SMS_SECRET', encoding: 'base64url' }],
      grant: ['messages:send'],
    },
    { name: 'partner', issuer: PARTNER, audience: 'any', algorithms: ['HS256'], secrets: [{ env: 'PARTNER_SECRET' }] },
  );
  config['resources'] = [{ name: 'tools', url: TOOLS, authorizationServers: [CORPORATE] }];
  const base = '/3rdparty/v1/messages';
  const tools = { scope: 'messages:list', resource: 'tools' };
  routes.push(
    { method: 'GET', path: `${base}/x/tools`, ...tools },
    { method: 'POST', path: `${base}/x/tools`, ...tools, mcp: { tools: { '*': 'messages:send' } } },
    { method: 'POST', path: `${base}/auth0`, scope: 'messages:send', basic: false },
    { method: 'GET', path: `${base}/x/any`, anyOf: ['messages:list', 'devices:list'] },
    { method: 'GET', path: `${base}/x/all`, allOf: ['messages:list', 'devices:list'] },
    { path: `${base}/x/me`, authenticated: true, basic: false },
    { path: `${base}/x/corporate`, authenticated: true, issuers: ['corporate'], basic: false },
    { path: `${base}/x/shadow`, scope: 'devices:list', shadow: true },
    { path: `${base}/x/public/**`, public: true },
    { path: `${base}/x/public/café au lait`, scope: 'messages:send', basic: false },
    { hosts: ['admin.example.com'], path: '/3rdparty/v1/devices', scope: 'messages:send' },
  );
}

/** Returns the default claims of a token, with the given ones in their place. */
export function claims(more: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: CORPORATE,
    aud: 'sms-api',
    sub: 'alice',
    jti: randomBytes(8).toString('hex'),
    iat: now,
    exp: now + 600,
    scope: 'messages:send messages:list',
    ...more,
  };
}

/** Returns a token of the corporate issuer. */
export function corporateToken(
  { corporate: { rsa, ec, ed } }: CaseIssuers,
  alg: 'RS256' | 'ES256' | 'EdDSA',
  payload: object = claims(),
  header: object = {},
): string {
  const kid = { RS256: 'rsa', ES256: 'ec', EdDSA: 'ed' }[alg];
  const { privateKey } = { RS256: rsa, ES256: ec, EdDSA: ed }[alg];
  return forgeWith({ alg, typ: 'JWT', kid, ...header }, payload, signedBy(alg, privateKey));
}

/** Returns a token as Auth0 sends it: without `iss`, `exp` and `jti`. */
export function auth0Token({ auth0Secret }: CaseIssuers, payload: object = {}): string {
  const body = { sub: 'urn:Auth0', aud: 'urn:sms-gateway', iat: Math.floor(Date.now() / 1000), ...payload };
  return forgeWith({ alg: 'HS256', typ: 'JWT' }, body, hmac(auth0Secret));
}
