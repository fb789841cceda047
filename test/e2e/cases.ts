import { generateKeyPairSync } from 'node:crypto';
import type { Reason } from '../../src/core/reason.ts';
import { forgeWith, hmac, signedBy, unsigned } from '../support/jwt/forge.ts';
import type { CaseIssuers } from '../support/servers/case-issuers.ts';
import {
  ACCOUNT,
  auth0Token,
  CORPORATE,
  claims,
  corporateToken,
  OWNER,
  PARTNER,
  TOOLS,
} from '../support/servers/case-issuers.ts';
import { basic } from '../support/servers/http-client.ts';

/** One request and its expected outcome at every door. */
export interface Case {
  readonly name: string;
  readonly method?: string;
  /** Default: `/3rdparty/v1/messages`. */
  readonly path?: string;
  readonly host?: string;
  /** Authorization field values, one field each; a function if the token needs the issuers' keys. */
  readonly authorization?: (issuers: CaseIssuers) => readonly string[];
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly expected: Passes | Denied;
  /** The expected outcome at a door that is not shown all headers, if it is another: Envoy over HTTP, the internal API. */
  readonly withoutHeaders?: Denied;
  /** Only without Envoy: no HTTP parser accepts the request. */
  readonly directOnly?: boolean;
  /** Over HTTP/2 at the gateway: HTTP/1 parsers refuse the method. */
  readonly overHttp2?: boolean;
}

export interface Passes {
  /** Identity headers that reach the upstream; exactly these. */
  readonly identity: Readonly<Record<string, string>>;
  /** Whether Authorization reaches the upstream. */
  readonly forwards?: boolean;
}

export interface Denied {
  readonly reason: Reason;
  readonly status: number;
  readonly message: string;
  readonly challenges: readonly string[];
}

const BEARER = 'Bearer realm="sallyport"';
const BASIC = 'Basic realm="sallyport", charset="UTF-8"';
const MESSAGES = '/3rdparty/v1/messages';

const INVALID: Denied = {
  reason: 'token_invalid',
  status: 401,
  message: 'invalid token',
  challenges: [`${BEARER}, error="invalid_token"`],
};
const EXPIRED: Denied = {
  reason: 'token_expired',
  status: 401,
  message: 'token expired',
  challenges: [`${BEARER}, error="invalid_token", error_description="token expired"`],
};
const SEVERAL: Denied = {
  reason: 'invalid_request',
  status: 400,
  message: 'more than one credential',
  challenges: [`${BEARER}, error="invalid_request"`],
};
const REQUIRED: Denied = {
  reason: 'credentials_required',
  status: 401,
  message: 'credentials required',
  challenges: [BEARER, BASIC],
};
const NO_ROUTE: Denied = { reason: 'route_denied', status: 403, message: 'no such route or method', challenges: [] };

function needsScope(scopes: string, named = scopes): Denied {
  const challenges = [`${BEARER}, error="insufficient_scope", scope="${scopes}"`];
  return { reason: 'scope_required', status: 403, message: `scope required: ${named}`, challenges };
}

const alice = (scopes: string, more: Record<string, string> = {}): Passes => ({
  identity: {
    'x-auth-issuer': 'corporate',
    'x-auth-subject': 'alice',
    'x-auth-scopes': scopes,
    'x-auth-scheme': 'bearer',
    'x-auth-token-id': 't1',
    ...more,
  },
});

type Token = (issuers: CaseIssuers) => string;
const bearer = (token: Token) => (issuers: CaseIssuers) => [`Bearer ${token(issuers)}`];
type Claims = Record<string, unknown>;
/** Claims with times are functions, so that they are computed when the case runs and not when the file loads. */
const rsa =
  (payload: Claims | (() => Claims) = {}, header: object = {}): Token =>
  (issuers) => {
    const own = typeof payload === 'function' ? payload() : payload;
    return corporateToken(issuers, 'RS256', claims({ jti: 't1', ...own }), header);
  };
const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 });
const attackerJwk = attacker.publicKey.export({ format: 'jwk' });
const now = (): number => Math.floor(Date.now() / 1000);

const passing: readonly Case[] = [
  { name: 'an RS256 token passes', authorization: bearer(rsa()), expected: alice('messages:send messages:list') },
  {
    name: 'an ES256 token passes',
    authorization: bearer((issuers) => corporateToken(issuers, 'ES256', claims({ jti: 't1' }))),
    expected: alice('messages:send messages:list'),
  },
  {
    name: 'an EdDSA token passes',
    authorization: bearer((issuers) => corporateToken(issuers, 'EdDSA', claims({ jti: 't1' }))),
    expected: alice('messages:send messages:list'),
  },
  {
    name: 'the scheme is read without regard to case',
    authorization: (issuers) => [`bEaReR ${rsa()(issuers)}`],
    expected: alice('messages:send messages:list'),
  },
  {
    name: 'scopes as an array, and others than the catalogue has are dropped',
    authorization: bearer(rsa({ scope: undefined, scopes: ['messages:list', 'all:any', 'tokens:manage', 'x:y'] })),
    method: 'GET',
    expected: alice('messages:list'),
  },
  {
    name: 'HEAD is covered by GET',
    method: 'HEAD',
    authorization: bearer(rsa()),
    expected: alice('messages:send messages:list'),
  },
  {
    name: 'an expiry within the clock skew',
    authorization: bearer(rsa(() => ({ exp: now() - 5 }))),
    expected: alice('messages:send messages:list'),
  },
  {
    name: 'one audience of several, and fractional dates',
    authorization: bearer(rsa(() => ({ aud: ['other', 'sms-api'], exp: now() + 600.5, iat: now() - 0.25 }))),
    expected: alice('messages:send messages:list'),
  },
  {
    name: 'a subject outside visible ASCII is percent-encoded',
    authorization: bearer(rsa({ sub: 'zoë\r\nx-evil: 1%' })),
    expected: alice('messages:send messages:list', { 'x-auth-subject': 'zo%C3%AB%0D%0Ax-evil:%201%25' }),
  },
  {
    name: 'a token of Auth0: no iss, exp or jti, a base64url secret',
    path: `${MESSAGES}/auth0`,
    authorization: bearer((issuers) => auth0Token(issuers)),
    expected: {
      identity: {
        'x-auth-issuer': 'auth0-sms',
        'x-auth-subject': 'urn:Auth0',
        'x-auth-scopes': 'messages:send',
        'x-auth-scheme': 'bearer',
      },
    },
  },
  {
    name: 'members that say nothing are absent',
    authorization: bearer(
      rsa(
        { jti: null, nbf: null, iat: '', scopes: null, aud: 'sms-api', cnf: null, token_use: '' },
        { kid: null, typ: '' },
      ),
    ),
    expected: { identity: omit(alice('messages:send messages:list').identity, 'x-auth-token-id') },
  },
  {
    name: 'an access token of Keycloak',
    authorization: bearer(rsa({ typ: 'Bearer' }, { typ: 'application/jwt' })),
    expected: alice('messages:send messages:list'),
  },
  {
    name: 'an access token of Cognito',
    authorization: bearer(rsa({ token_use: 'access' }, { typ: 'JOSE' })),
    expected: alice('messages:send messages:list'),
  },
  {
    name: 'several spaces behind the scheme',
    authorization: (issuers) => [`Bearer   ${rsa()(issuers)}`],
    expected: alice('messages:send messages:list'),
  },
  {
    name: 'a route that any of two scopes opens',
    method: 'GET',
    path: `${MESSAGES}/x/any?limit=5`,
    authorization: bearer(rsa()),
    expected: alice('messages:send messages:list'),
  },
  {
    name: 'a route for every authenticated caller',
    path: `${MESSAGES}/x/me`,
    authorization: bearer(rsa({ scope: '' })),
    expected: { identity: { ...omit(alice('').identity, 'x-auth-scopes') } },
  },
  {
    name: 'a route for one issuer alone',
    path: `${MESSAGES}/x/corporate`,
    authorization: bearer(rsa({ scope: '' })),
    expected: { identity: { ...omit(alice('').identity, 'x-auth-scopes') } },
  },
  {
    name: 'identity headers that a client sends are replaced or removed, other spellings too',
    authorization: bearer(rsa({ jti: undefined })),
    headers: [
      ['x-auth-subject', 'mallory'],
      ['X-Auth-Token-Id', 'forged'],
      ['x.auth.scopes', 'all:any'],
      ['x-auth.issuer', 'sallyport'],
      ['x-http-method-override', 'DELETE'],
    ],
    expected: { identity: omit(alice('messages:send messages:list').identity, 'x-auth-token-id') },
  },
  {
    name: 'a public route: no authentication, identity headers are stripped, the credential passes unchanged',
    method: 'GET',
    path: `${MESSAGES}/x/public/a/b`,
    authorization: () => ['Bearer whatever'],
    headers: [
      ['x-auth-subject', 'mallory'],
      ['x-auth-scopes', 'all:any'],
      ['x.auth.subject', 'mallory'],
    ],
    expected: { identity: {}, forwards: true },
  },
  {
    name: 'a path whose literal is not ASCII, in the encoding of clients',
    path: `${MESSAGES}/x/public/caf%C3%A9%20au%20lait`,
    authorization: bearer(rsa()),
    expected: alice('messages:send messages:list'),
  },
  {
    name: 'a route in shadow lets pass what it would deny, without identity',
    path: `${MESSAGES}/x/shadow`,
    authorization: bearer(rsa()),
    headers: [['x-auth-subject', 'mallory']],
    expected: { identity: {}, forwards: true },
  },
  {
    name: 'a host with rules of its own',
    method: 'GET',
    path: '/3rdparty/v1/devices',
    host: 'ADMIN.example.com.:8080',
    authorization: bearer(rsa()),
    expected: alice('messages:send messages:list'),
  },
];

const denied: readonly Case[] = [
  { name: 'no credential', expected: REQUIRED },
  {
    name: 'no credential, from a browser: no Basic challenge',
    headers: [['Origin', 'https://app.example.com']],
    expected: { ...REQUIRED, challenges: [BEARER] },
  },
  {
    name: 'no credential where Basic is not taken',
    path: `${MESSAGES}/auth0`,
    expected: { ...REQUIRED, challenges: [BEARER] },
  },
  { name: 'a scheme that is not taken', authorization: () => ['Digest username="x"'], expected: REQUIRED },
  {
    name: 'Basic where it is not taken',
    path: `${MESSAGES}/auth0`,
    authorization: () => [OWNER],
    expected: { ...REQUIRED, challenges: [BEARER] },
  },
  {
    name: 'a wrong password',
    authorization: () => [basic(ACCOUNT.name, 'guess')],
    expected: { ...REQUIRED, reason: 'credentials_invalid', message: 'invalid credentials' },
  },
  {
    name: 'an unknown account',
    authorization: () => [basic('nobody', ACCOUNT.password)],
    expected: { ...REQUIRED, reason: 'credentials_invalid', message: 'invalid credentials' },
  },
  {
    name: 'two Authorization headers',
    authorization: (issuers) => [`Bearer ${rsa()(issuers)}`, `Bearer ${rsa()(issuers)}`],
    expected: SEVERAL,
  },
  {
    name: 'a token and a password',
    authorization: (issuers) => [`Bearer ${rsa()(issuers)}`, OWNER],
    expected: SEVERAL,
  },
  { name: 'an expired token', authorization: bearer(rsa(() => ({ exp: now() - 120 }))), expected: EXPIRED },
  {
    name: 'a scope that is missing',
    method: 'GET',
    path: '/3rdparty/v1/devices',
    authorization: bearer(rsa()),
    expected: needsScope('devices:list'),
  },
  {
    name: 'one of two scopes that are both needed is missing',
    method: 'GET',
    path: `${MESSAGES}/x/all`,
    authorization: bearer(rsa()),
    expected: needsScope('messages:list devices:list', 'messages:list and devices:list'),
  },
  {
    name: 'all:any of an issuer that may not grant it',
    method: 'GET',
    authorization: bearer(rsa({ scope: 'all:any' })),
    expected: needsScope('messages:list'),
  },
  {
    name: 'a token of another issuer than the route takes',
    path: `${MESSAGES}/x/corporate`,
    authorization: bearer((issuers) => auth0Token(issuers)),
    expected: INVALID,
  },
  {
    name: 'a path that is not listed',
    path: '/3rdparty/v1/webhooks',
    authorization: bearer(rsa()),
    expected: NO_ROUTE,
  },
  { name: 'a method that is not listed', method: 'DELETE', authorization: bearer(rsa()), expected: NO_ROUTE },
  { name: 'a trailing slash', path: `${MESSAGES}/x/any/`, method: 'GET', expected: NO_ROUTE },
  { name: 'a path in other letter case', path: '/3rdparty/v1/Messages', method: 'GET', expected: NO_ROUTE },
  {
    name: 'a path whose literal is not ASCII, without a credential',
    path: `${MESSAGES}/x/public/caf%C3%A9%20au%20lait`,
    expected: { ...REQUIRED, challenges: [BEARER] },
  },
  {
    name: 'a path whose literal is not ASCII, in lower-case hex',
    path: `${MESSAGES}/x/public/caf%c3%a9%20au%20lait`,
    expected: pathRejected(),
  },
  {
    name: 'a method override is no other method',
    method: 'DELETE',
    authorization: bearer(rsa()),
    headers: [['x-http-method-override', 'POST']],
    expected: NO_ROUTE,
  },
  {
    name: 'a health checker gets no special treatment',
    headers: [['user-agent', 'kube-probe/1.30']],
    expected: REQUIRED,
  },
  {
    name: 'x-original-uri and x-forwarded-* decide nothing',
    headers: [
      ['x-original-uri', '/health'],
      ['x-forwarded-uri', '/health'],
      ['x-forwarded-method', 'GET'],
    ],
    expected: REQUIRED,
  },
];

const MANY_SCOPES = Array.from({ length: 1001 }, () => 'a');

/** Tokens that must be refused as `invalid token`. */
const attacks: Readonly<Record<string, (issuers: CaseIssuers) => string>> = {
  'the empty token': () => '',
  'no token': () => 'abc',
  'two parts': () => 'eyJhbGciOiJIUzI1NiJ9.e30',
  'four parts': (issuers) => `${rsa()(issuers)}.e30`,
  '40 KB of one token': () => `eyJhbGciOiJSUzI1NiJ9.${'A'.repeat(40_000)}.AAAA`,
  'inner spaces': (issuers) => rsa()(issuers).replace('.', '. '),
  padding: (issuers) => `${rsa()(issuers)}=`,
  'another spelling of the same bytes': (issuers) => respell(rsa()(issuers)),
  'alg none, without signature': () => forgeWith({ alg: 'none' }, claims(), unsigned),
  'alg None': () => forgeWith({ alg: 'None' }, claims(), unsigned),
  'alg none in front of a good signature': (issuers) => rsa({}, { alg: 'none' })(issuers),
  'HS256 with the public RSA key, PEM': ({ corporate }) =>
    forgeWith(
      { alg: 'HS256', kid: 'rsa' },
      claims(),
      hmac(corporate.rsa.publicKey.export({ type: 'spki', format: 'pem' })),
    ),
  'HS256 with the public RSA key, DER': ({ corporate }) =>
    forgeWith(
      { alg: 'HS256', kid: 'rsa' },
      claims(),
      hmac(corporate.rsa.publicKey.export({ type: 'spki', format: 'der' })),
    ),
  'an algorithm that the issuer does not use': (issuers) => rsa({}, { alg: 'RS512' })(issuers),
  'an unknown kid': (issuers) => rsa({}, { kid: 'other' })(issuers),
  "another key's kid": (issuers) => rsa({}, { kid: 'ec' })(issuers),
  "the attacker's key in jwk": () =>
    forgeWith({ alg: 'RS256', kid: 'rsa', jwk: attackerJwk }, claims(), signedBy('RS256', attacker.privateKey)),
  "the attacker's key behind jku": () =>
    forgeWith(
      { alg: 'RS256', kid: 'rsa', jku: 'http://127.0.0.1:1/jwks' },
      claims(),
      signedBy('RS256', attacker.privateKey),
    ),
  "the attacker's key behind x5u": () =>
    forgeWith(
      { alg: 'RS256', kid: 'rsa', x5u: 'http://127.0.0.1:1/x5u' },
      claims(),
      signedBy('RS256', attacker.privateKey),
    ),
  'an unknown crit': (issuers) => rsa({}, { crit: ['exp'], exp: 1 })(issuers),
  'crit b64': (issuers) => rsa({}, { crit: ['b64'], b64: true })(issuers),
  'a changed payload': (issuers) => withPayload(rsa()(issuers), claims({ scope: 'devices:list' })),
  'another issuer': (issuers) => rsa({ iss: 'https://evil.example.com' })(issuers),
  'no issuer': (issuers) => rsa({ iss: undefined })(issuers),
  'our own issuer, signed by another one': (issuers) => rsa({ iss: 'https://sallyport.local' })(issuers),
  'another audience': (issuers) => rsa({ aud: 'other' })(issuers),
  'no audience': (issuers) => rsa({ aud: undefined })(issuers),
  'not yet valid': (issuers) => rsa(() => ({ nbf: now() + 120 }))(issuers),
  'no expiry': (issuers) => rsa({ exp: undefined })(issuers),
  'an expiry that is no number': (issuers) => rsa(() => ({ exp: String(now() + 600) }))(issuers),
  'another kind of JWT': (issuers) => rsa({}, { typ: 'logout+jwt' })(issuers),
  'an expiry that is null': (issuers) => rsa({ exp: null })(issuers),
  'an empty list of audiences': (issuers) => rsa({ aud: [] })(issuers),
  'an empty crit': (issuers) => rsa({}, { crit: [] })(issuers),
  'a token bound to a key': (issuers) => rsa({ cnf: { jkt: 'x' } })(issuers),
  'a token bound to a certificate': (issuers) => rsa({ cnf: { 'x5t#S256': 'x' } })(issuers),
  'a token bound in an unknown way': (issuers) => rsa({ cnf: 'x' })(issuers),
  'an ID token of Keycloak': (issuers) => rsa({ typ: 'ID' })(issuers),
  'a refresh token of Keycloak': (issuers) => rsa({ typ: 'Refresh' })(issuers),
  'an ID token of Cognito': (issuers) => rsa({ token_use: 'id' })(issuers),
  'a refresh token by its token_type': (issuers) => rsa({ token_type: 'refresh_token' })(issuers),
  '1,001 scopes as a list': (issuers) => rsa({ scope: undefined, scopes: MANY_SCOPES })(issuers),
  '1,001 scopes in a row': (issuers) => rsa({ scope: MANY_SCOPES.join(' ') })(issuers),
  'scopes of a wrong type': (issuers) => rsa({ scope: { 'messages:send': true } })(issuers),
  'a payload that is a list': ({ corporate }) =>
    forgeWith({ alg: 'RS256', kid: 'rsa' }, '[]', signedBy('RS256', corporate.rsa.privateKey)),
  "Auth0's token with another subject": (issuers) => auth0Token(issuers, { sub: 'urn:Other' }),
  "Auth0's token with another audience": (issuers) => auth0Token(issuers, { aud: 'urn:other' }),
  "Auth0's token signed with another secret": () =>
    forgeWith(
      { alg: 'HS256' },
      { sub: 'urn:Auth0', aud: 'urn:sms-gateway' },
      hmac('another secret of enough bytes, 32+'),
    ),
  "Auth0's token with an issuer that is a number": (issuers) => auth0Token(issuers, { iss: 7 }),
  "Auth0's token with a list of issuers": (issuers) => auth0Token(issuers, { iss: [PARTNER] }),
  "Auth0's token with another issuer": (issuers) => auth0Token(issuers, { iss: PARTNER }),
  'ES256 with a key of its own': () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return forgeWith({ alg: 'ES256', kid: 'ec' }, claims({ iss: CORPORATE }), signedBy('ES256', privateKey));
  },
};

const METADATA = 'resource_metadata="https://tools.example.com/.well-known/oauth-protected-resource/mcp"';
const AT_TOOLS = { method: 'GET', path: `${MESSAGES}/x/tools` };
const forTools = { aud: ['sms-api', TOOLS] };

/** A route of a resource, for which a token must be meant. */
const resources: readonly Case[] = [
  {
    name: 'a token for the resource of the route passes',
    ...AT_TOOLS,
    authorization: bearer(rsa(forTools)),
    expected: alice('messages:send messages:list'),
  },
  {
    name: 'an MCP message of revision 2026-07-28 passes',
    ...AT_TOOLS,
    method: 'POST',
    headers: [
      ['MCP-Protocol-Version', '2026-07-28'],
      ['Mcp-Method', 'tools/call'],
      ['Mcp-Name', 'send_message'],
    ],
    authorization: bearer(rsa(forTools)),
    expected: alice('messages:send messages:list'),
    withoutHeaders: NO_ROUTE,
  },
  {
    name: 'no credential for a resource',
    ...AT_TOOLS,
    expected: { ...REQUIRED, challenges: [`${BEARER}, scope="messages:list", ${METADATA}`] },
  },
  {
    name: 'a password for a resource',
    ...AT_TOOLS,
    authorization: () => [basic(ACCOUNT.name, ACCOUNT.password)],
    expected: { ...REQUIRED, challenges: [`${BEARER}, scope="messages:list", ${METADATA}`] },
  },
  ...Object.entries({
    'no audience of the resource': 'sms-api',
    'an audience below that of the resource': ['sms-api', `${TOOLS}/x`],
  }).map(([what, aud]) => ({
    name: `a token with ${what}`,
    ...AT_TOOLS,
    authorization: bearer(rsa({ aud })),
    expected: { ...INVALID, challenges: [`${BEARER}, error="invalid_token", scope="messages:list", ${METADATA}`] },
  })),
  {
    name: 'a token for the resource without the scope',
    ...AT_TOOLS,
    authorization: bearer(rsa({ ...forTools, scope: 'messages:send' })),
    expected: {
      ...needsScope('messages:list'),
      challenges: [`${BEARER}, error="insufficient_scope", scope="messages:list", ${METADATA}`],
    },
  },
  ...Object.entries<Case['headers']>({
    'of which nothing is said': [],
    'with two names': [
      ['MCP-Protocol-Version', '2026-07-28'],
      ['Mcp-Method', 'tools/call'],
      ['Mcp-Name', 'list_messages'],
      ['Mcp-Name', 'send_message'],
    ],
    'of an old revision': [
      ['Mcp-Method', 'tools/list'],
      ['MCP-Protocol-Version', '2025-11-25'],
    ],
  }).map(([what, headers = []]) => ({
    name: `an MCP message ${what}`,
    ...AT_TOOLS,
    method: 'POST',
    headers,
    authorization: bearer(rsa(forTools)),
    expected: NO_ROUTE,
  })),
];

/** Field values that no HTTP parser accepts, so that only our own door receives them. */
const direct: readonly Case[] = [
  {
    name: 'a token of 64 KB',
    authorization: () => [`Bearer ${'A'.repeat(65_536)}`],
    expected: INVALID,
    directOnly: true,
  },
  {
    name: 'a line break in the token',
    authorization: (issuers) => [`Bearer ${rsa()(issuers).replace('.', '.\r\n')}`],
    expected: INVALID,
    directOnly: true,
  },
  { name: 'CONNECT without a path', method: 'CONNECT', path: '', expected: pathRejected(), directOnly: true },
  { name: 'OPTIONS *', method: 'OPTIONS', path: '*', expected: pathRejected(), directOnly: true },
  ...[
    '/3rdparty/v1/auth/../messages',
    '/3rdparty/v1/auth/..;/messages',
    '/3rdparty/v1/auth/%2e%2e/messages',
    '/3rdparty/v1/auth/%252e%252e/messages',
    '/3rdparty/v1/auth%2Fmessages',
    '/3rdparty/v1/auth%2fmessages',
    '/3rdparty/v1/auth%5cmessages',
    '/3rdparty/v1/auth\\messages',
    '/3rdparty//v1/messages',
    '//3rdparty/v1/messages',
    '/3rdparty/v1/messages;jsessionid=1',
    '/3rdparty/v1/messages%00',
    '/3rdparty/v1/messages%0d%0a',
    '/3rdparty/v1/messages#x',
    '/3rdparty/v1/méssages',
    '/3rdparty/v1/%6dessages',
    '/health/.',
    'http://127.0.0.1/health',
    `/${'a'.repeat(3000)}`,
  ].map((path) => ({
    name: `the ambiguous path ${path.slice(0, 40)}`,
    method: 'GET',
    path,
    expected: pathRejected(),
    directOnly: true,
  })),
];

/** Methods that a server could read as another one. Envoy forwards them over HTTP/2. */
const methods: readonly Case[] = ['post', 'Post', 'pOST', 'head', 'delete', 'P_OST', 'POST-', '-POST'].flatMap(
  (method) =>
    [
      { name: `the method ${method} with a good token`, method, authorization: bearer(rsa()) },
      { name: `the method ${method} on a public route`, method, path: `${MESSAGES}/x/public/a` },
      {
        name: `the method ${method} on a route in shadow`,
        method,
        path: `${MESSAGES}/x/shadow`,
        authorization: bearer(rsa()),
      },
      { name: `the method ${method} without a rule`, method, path: '/3rdparty/v1/webhooks' },
    ].map((one) => ({ ...one, expected: pathRejected(), overHttp2: true })),
);

function pathRejected(): Denied {
  return { reason: 'path_rejected', status: 400, message: 'ambiguous path or method', challenges: [] };
}

/** The table of cases for every door. */
export const CASES: readonly Case[] = [
  ...passing,
  ...denied,
  ...Object.entries(attacks).map(([name, token]) => ({
    name: `refused: ${name}`,
    authorization: bearer(token),
    path: name.startsWith('Auth0') ? `${MESSAGES}/auth0` : MESSAGES,
    expected: INVALID,
  })),
  {
    name: 'refused: non-ASCII bytes in the token',
    authorization: (issuers) => [`Bearer ${rsa()(issuers)}é`],
    expected: INVALID,
  },
  ...resources,
  ...direct,
  ...methods,
  {
    name: 'a token passes over HTTP/2',
    authorization: bearer(rsa()),
    expected: alice('messages:send messages:list'),
    overHttp2: true,
  },
];

function omit(record: Readonly<Record<string, string>>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}

/** Flips unused bits of the signature's last character, which a lenient decoder ignores. */
function respell(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + (alphabet[alphabet.indexOf(token.at(-1) ?? 'A') ^ 1] ?? 'A');
}

function withPayload(token: string, payload: object): string {
  const [header, , signature] = token.split('.');
  return [header, Buffer.from(JSON.stringify(payload)).toString('base64url'), signature].join('.');
}
