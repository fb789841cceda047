import { OVERRIDE_HEADERS } from '../../../src/core/upstream/override-headers.ts';
import { auth0Token, type CaseIssuers, claims, corporateToken, OWNER } from '../servers/case-issuers.ts';

type Field = readonly [name: string, value: string];

/** A request that is sent several times, to a gateway that keeps answers and to one that asks each time. */
export interface RepeatedRequest {
  readonly name: string;
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  /** The `Authorization` fields; by default one with the given value. */
  readonly authorization?: (issuers: CaseIssuers, usual: string) => readonly string[];
  readonly headers?: readonly Field[];
  readonly body?: string;
  /**
   * Whether it passes by a kept answer from the third time on; true by default. `stripped`: only if Envoy itself removes
   * headers. `any`: that depends on the version of Envoy.
   */
  readonly kept?: boolean | 'stripped' | 'any';
}

const PATH = '/3rdparty/v1/messages';
const IDENTITY = ['x-auth-subject', 'x-auth-scopes', 'x-auth-token-id', 'x-auth-issuer', 'x-auth-scheme'];

function tokenOf(payload: Record<string, unknown> = {}) {
  return (issuers: CaseIssuers): readonly string[] => [bearer(issuers, payload)];
}

/** Differs each time: two tokens of one second are otherwise the same if they have no id, and the second one is met again. */
function nonce(): Record<string, unknown> {
  return { nonce: crypto.randomUUID() };
}

/** The value of `Authorization` for a token of its own. */
export function bearer(issuers: CaseIssuers, payload: Record<string, unknown> = {}): string {
  return `Bearer ${corporateToken(issuers, 'EdDSA', claims({ ...nonce(), ...payload }))}`;
}

/** Sets `value` for each of these names. */
function each(names: readonly string[], value = 'root'): readonly Field[] {
  return names.map((name) => [name, value]);
}

function spoofing(name: string, headers: readonly Field[], kept: RepeatedRequest['kept'] = true): RepeatedRequest {
  return { name: `spoofed: ${name}`, headers, kept };
}

const METHODS: readonly RepeatedRequest[] = [
  { name: 'GET' },
  { name: 'HEAD', method: 'HEAD' },
  { name: 'POST with a body', method: 'POST', body: '{"text":"zoë"}', headers: [['Content-Type', 'application/json']] },
  { name: 'POST without one', method: 'POST' },
  { name: 'POST that expects 100', method: 'POST', body: 'x', headers: [['Expect', '100-continue']] },
  { name: 'GET with a body', body: 'x' },
  { name: 'a method that is not listed', method: 'PUT', kept: false },
  { name: 'a method in lower case', method: 'get', kept: false },
  { name: 'OPTIONS', method: 'OPTIONS', kept: false },
];

const PATHS: readonly RepeatedRequest[] = [
  { name: 'a query', path: `${PATH}?a=1&b=%20` },
  { name: 'an empty query', path: `${PATH}?` },
  { name: 'a query of question marks', path: `${PATH}???` },
  { name: 'an encoded # in the query', path: `${PATH}?a=%23` },
  { name: 'a # in the query', path: `${PATH}?a=#b`, kept: false },
  { name: 'a long query', path: `${PATH}?a=${'b'.repeat(3000)}` },
  { name: 'a credential in the query', path: `${PATH}?access_token=a.b.c` },
  { name: 'a path parameter', path: `${PATH}/17`, authorization: tokenOf({ scope: 'messages:read' }) },
  {
    name: 'a path parameter that is encoded',
    path: `${PATH}/caf%C3%A9`,
    authorization: tokenOf({ scope: 'messages:read' }),
  },
  { name: 'a trailing slash', path: `${PATH}/`, kept: false },
  { name: 'a semicolon', path: `${PATH};a=b`, kept: false },
  { name: 'a semicolon at the end', path: `${PATH};`, kept: false },
  { name: 'a fragment', path: `${PATH}#a`, kept: false },
  { name: 'an encoded ? behind the path', path: `${PATH}%3F`, kept: false },
  { name: 'an encoded # behind the path', path: `${PATH}%23`, kept: false },
  { name: 'an encoded letter', path: '/3rdparty/v1/%6dessages', kept: 'stripped' },
  { name: 'an encoded dot segment', path: '/3rdparty/v1/x/%2E%2e/messages', kept: 'stripped' },
  { name: 'a dot segment with a parameter', path: '/3rdparty/v1/devices/..;/messages', kept: 'any' },
  { name: 'backslashes', path: '/3rdparty\\v1\\messages', kept: 'stripped' },
  { name: 'a path in upper case', path: PATH.toUpperCase(), kept: false },
  { name: 'dot segments in the query', path: `${PATH}?a=/../devices` },
  { name: 'a broken encoding', path: `${PATH}%zz`, kept: false },
  { name: 'an encoded slash', path: `${PATH}%2F17`, kept: false },
  { name: 'a path that is too long', path: `${PATH}/${'a'.repeat(2100)}`, kept: false },
  { name: 'any scope of two', path: `${PATH}/x/any` },
  {
    name: 'both scopes of two',
    path: `${PATH}/x/all`,
    authorization: tokenOf({ scope: 'messages:list devices:list' }),
  },
  { name: 'any token', path: `${PATH}/x/me` },
  { name: 'a token of one issuer', path: `${PATH}/x/corporate` },
  { name: 'a public route', path: `${PATH}/x/public/1`, kept: false },
  {
    name: 'a route in shadow',
    path: `${PATH}/x/shadow`,
    authorization: tokenOf({ scope: 'devices:list' }),
    kept: false,
  },
  { name: 'a route at an MCP server', path: `${PATH}/x/tools`, kept: false },
  { name: 'no route', path: '/3rdparty/v2/messages', kept: false },
];

const HOSTS: readonly RepeatedRequest[] = [
  { name: 'a host with a port', host: 'api.example.com:8080' },
  { name: 'a host in upper case', host: 'API.Example.COM' },
  { name: 'a host with a final dot', host: 'api.example.com.' },
  { name: 'an address', host: '[::1]:8080' },
  { name: 'a host with the usual port', host: 'api.example.com:80' },
  { name: 'a host with its own routes', host: 'admin.example.com', path: '/3rdparty/v1/devices' },
];

const CREDENTIALS: readonly RepeatedRequest[] = [
  { name: 'bearer in lower case', authorization: (issuers) => [bearer(issuers).replace('Bearer', 'bearer')] },
  { name: 'a token and a comma', authorization: (_, usual) => [`${usual},`], kept: false },
  { name: 'a token and a padding character', authorization: (_, usual) => [`${usual}=`], kept: false },
  { name: 'two spaces before the token', authorization: (_, usual) => [usual.replace(' ', '  ')] },
  { name: 'BEARER', authorization: (issuers) => [bearer(issuers).replace('Bearer', 'BEARER')], kept: false },
  {
    name: 'two tokens in one field',
    authorization: (issuers) => [`${bearer(issuers)},${bearer(issuers)}`],
    kept: false,
  },
  { name: 'no credential', authorization: () => [], kept: false },
  { name: 'an empty credential', authorization: () => [''], kept: false },
  { name: 'a token that is none', authorization: () => ['Bearer another'], kept: false },
  { name: 'a token without the scope', authorization: tokenOf({ scope: 'devices:list' }), kept: false },
  { name: 'a token that has expired', authorization: tokenOf({ exp: 1 }), kept: false },
  { name: 'a password', authorization: () => [OWNER], kept: false },
  {
    name: 'a token with the scheme DPoP',
    authorization: (issuers) => [bearer(issuers).replace('Bearer', 'DPoP')],
    kept: false,
  },
  {
    name: 'a token without an id and a time',
    method: 'POST',
    path: `${PATH}/auth0`,
    authorization: (issuers) => [`Bearer ${auth0Token(issuers, nonce())}`],
  },
  { name: 'a subject outside ASCII', authorization: tokenOf({ sub: 'zoë 100% \u2603' }) },
  { name: 'a long subject', authorization: tokenOf({ sub: 's'.repeat(200) }) },
  { name: 'no token id', authorization: tokenOf({ jti: undefined }), headers: each(['x-auth-token-id']) },
];

const SPOOFED: readonly RepeatedRequest[] = [
  spoofing('a subject', each(['x-auth-subject'])),
  spoofing('a subject in upper case', each(['X-AUTH-SUBJECT'])),
  spoofing('two subjects', each(['x-auth-subject', 'X-Auth-Subject'])),
  spoofing('an empty subject', each(['x-auth-subject'], '')),
  spoofing('all of an identity', each(IDENTITY)),
  spoofing('dots', each(['x.auth.subject']), 'stripped'),
  spoofing('other characters', each(['x~auth~scopes', 'x!auth-subject']), 'stripped'),
  spoofing('a dot in one place', each(['x-auth.token-id']), 'stripped'),
  spoofing('another method', each(['x-http-method-override', 'x-method', 'x-http-method'], 'DELETE')),
  spoofing('another URL', each(['x-original-url', 'x-rewrite-url', 'x-forwarded-uri'], '/admin')),
  spoofing('another host', each(['x-forwarded-host', 'x-host', 'x-original-host'], 'admin.example.com')),
  spoofing('every override', each(OVERRIDE_HEADERS, '/admin')),
  spoofing('an override with dots', each(['x.original.url', 'x.http.method'], '/admin'), 'stripped'),
  spoofing('forwarded', each(['Forwarded'], 'for=192.0.2.1;host=admin')),
  spoofing('the address', each(['x-forwarded-for', 'x-real-ip', 'x-forwarded-proto'], '192.0.2.1')),
  spoofing(
    "Envoy's own",
    each(['x-envoy-original-path', 'x-envoy-decorator-operation', 'x-envoy-max-retries'], '/admin'),
  ),
];

const FIELDS: readonly RepeatedRequest[] = [
  { name: 'sixty fields', headers: Array.from({ length: 60 }, (_, index) => [`x-field-${index}`, `value ${index}`]) },
  { name: 'a cookie of 8 KB', headers: [['Cookie', `a=${'b'.repeat(8000)}`]] },
  {
    name: 'two cookies',
    headers: [
      ['Cookie', 'a=1'],
      ['Cookie', 'b=2'],
    ],
  },
  {
    name: 'a field twice',
    headers: [
      ['x-field', 'one'],
      ['X-Field', 'two'],
    ],
  },
  { name: 'an empty field', headers: [['x-field', '']] },
  { name: 'bytes outside ASCII in a field', headers: [['x-field', 'zo\xeb \xff']] },
  { name: 'tabs in a field', headers: [['x-field', 'a\tb']] },
  { name: 'a name with other characters', headers: [["x!#$%&'*+^`|~.field", 'a']], kept: 'stripped' },
  {
    name: 'a page of another origin',
    headers: [
      ['Origin', 'https://app.example'],
      ['Sec-Fetch-Mode', 'cors'],
    ],
  },
  {
    name: 'a trace',
    headers: [
      ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
      ['x-request-id', 'mine'],
    ],
  },
  {
    name: 'a range',
    headers: [
      ['Range', 'bytes=0-9'],
      ['If-None-Match', '"a"'],
    ],
  },
  {
    name: 'credentials for a proxy',
    headers: [['Proxy-Authorization', 'Bearer another']],
  },
  { name: 'a proof of DPoP', headers: [['DPoP', 'a.b.c']] },
  { name: 'an API key', headers: [['x-api-key', 'secret']] },
  {
    name: 'gRPC',
    method: 'POST',
    body: '\0\0\0\0\0',
    headers: [
      ['Content-Type', 'application/grpc'],
      ['TE', 'trailers'],
    ],
  },
  {
    name: 'a health check',
    headers: [
      ['User-Agent', 'Envoy/HC'],
      ['x-envoy-internal', 'true'],
    ],
  },
];

/** What gateways are asked, as much of it as HTTP/1.1 and HTTP/2 both can say. */
export const REQUESTS: readonly RepeatedRequest[] = [
  ...METHODS,
  ...PATHS,
  ...HOSTS,
  ...CREDENTIALS,
  ...SPOOFED,
  ...FIELDS,
];

/** What only HTTP/1.1 can say. */
export const HTTP1_REQUESTS: readonly RepeatedRequest[] = [
  { name: 'the absolute form', path: `http://api.example.com${PATH}`, host: 'other.example.com' },
  { name: 'dot segments', path: `/3rdparty/./v1/x/../messages`, kept: 'stripped' },
  { name: 'an empty segment', path: `/3rdparty//v1/messages`, kept: 'stripped' },
  { name: 'the absolute form for TLS', path: `https://api.example.com${PATH}`, kept: false },
  { name: 'the absolute form with a user', path: `http://admin:x@api.example.com${PATH}` },
  { name: 'the absolute form without a path', path: 'http://api.example.com', kept: false },
  { name: 'two hosts', headers: [['Host', 'other.example.com']], kept: false },
  {
    name: 'a chunked body',
    method: 'POST',
    headers: [['Transfer-Encoding', 'chunked']],
    body: '3\r\nabc\r\n0\r\n\r\n',
  },
  {
    name: 'trailers that name an identity',
    method: 'POST',
    headers: [
      ['Transfer-Encoding', 'chunked'],
      ['Trailer', 'x-auth-subject'],
    ],
    body: '3\r\nabc\r\n0\r\nx-auth-subject: root\r\nauthorization: Bearer a\r\n\r\n',
  },
  {
    name: 'Connection that names the credential',
    headers: [['Connection', 'Authorization']],
    kept: false,
  },
  { name: 'Connection that names the host', headers: [['Connection', 'host']], kept: false },
  { name: 'an upgrade to HTTP/2', headers: [['Upgrade', 'h2c']] },
  {
    name: 'a field that Connection names',
    headers: [
      ['Connection', 'x-field'],
      ['x-field', 'a'],
    ],
  },
  { name: 'Connection that names an identity', headers: [['Connection', 'x-auth-subject']] },
  { name: 'two tokens', authorization: (issuers) => [bearer(issuers), bearer(issuers)], kept: false },
  { name: 'a token twice', authorization: (_, usual) => [usual, usual], kept: false },
  { name: 'a token and a password', authorization: (_, usual) => [usual, OWNER], kept: false },
  { name: 'a token and an empty field', authorization: (_, usual) => [usual, ''] },
  { name: 'a token in a folded line', authorization: (_, usual) => [usual.replace(' ', '\r\n ')] },
  { name: 'a host that is none', host: 'api example', kept: false },
  { name: 'underscores', headers: each(['x_auth_subject', 'X_Http_Method']), kept: false },
  { name: 'spaces around the token', authorization: (issuers) => [`  ${bearer(issuers)}  `] },
];

/** The fields of a request, `Authorization` among them. */
export function fieldsOf(
  request: RepeatedRequest,
  issuers: CaseIssuers,
  usual: string = bearer(issuers),
): readonly Field[] {
  const { authorization = () => [usual], headers = [] } = request;
  return [...authorization(issuers, usual).map((value): Field => ['Authorization', value]), ...headers];
}

/** The path of a request that names none. */
export const DEFAULT_PATH = PATH;
