import { rawRequest } from '../support/servers/gateways/raw-http.ts';
import type { HttpRequest } from '../support/servers/http-client.ts';

export const MESSAGES = '/3rdparty/v1/messages';
export const HOST = 'Host: gateway.example.com';

/** Request lines and headers that two parsers may read differently. */
export const REQUESTS: Readonly<Record<string, string>> = {
  ...lines('the path', [
    `${MESSAGES}/../../../health`,
    `${MESSAGES}/%2e%2e/devices`,
    `${MESSAGES}/%252e%252e/devices`,
    `${MESSAGES}/..;/devices`,
    `${MESSAGES}/..%2fdevices`,
    `${MESSAGES}/..%5cdevices`,
    `${MESSAGES}\\..\\devices`,
    `${MESSAGES}//x`,
    `//gateway.example.com${MESSAGES}`,
    `/${MESSAGES}`,
    `${MESSAGES}/./x`,
    `${MESSAGES}/.`,
    `${MESSAGES};x=1`,
    `${MESSAGES}%00`,
    `${MESSAGES}%0d%0ax-auth-subject:%20mallory`,
    `${MESSAGES}#/health`,
    `${MESSAGES}%23x`,
    `${MESSAGES}%3Fx=1`,
    `${MESSAGES}?`,
    `${MESSAGES}?a=1&b=%2F..%2F#x`,
    `${MESSAGES}?next=//evil.example.com/../x`,
    `${MESSAGES}/m\u00e9`,
    `${MESSAGES}/%zz`,
    `${MESSAGES}/a b`,
    `/3rdparty/v1/%6dessages`,
    '/3rdparty/v1/messages/../messages',
    '/_sallyport',
    '/auth',
    `/auth${MESSAGES}`,
    '*',
    'health',
  ]),
  'an absolute target with another host': rawRequest(`GET http://other.example.com${MESSAGES}`, [HOST]),
  'an absolute target without a path': rawRequest('GET http://other.example.com', [HOST]),
  'an absolute target with a query alone': rawRequest('GET http://other.example.com?x=/health', [HOST]),
  'an absolute target with a user': rawRequest(`GET http://gateway.example.com@other.example.com${MESSAGES}`, [HOST]),
  'an absolute target of another scheme': rawRequest(`GET ftp://other.example.com${MESSAGES}`, [HOST]),
  'HTTP/1.0 without a host': `GET ${MESSAGES} HTTP/1.0\r\n\r\n`,
  'HTTP/1.0 with an absolute target': `GET http://other.example.com${MESSAGES} HTTP/1.0\r\n\r\n`,
  'HTTP/1.1 without a host': rawRequest(`GET ${MESSAGES}`),
  'HTTP/0.9': `GET ${MESSAGES}\r\n`,
  'two hosts': rawRequest(`GET ${MESSAGES}`, [HOST, 'Host: other.example.com']),
  'an empty host': rawRequest(`GET ${MESSAGES}`, ['Host:']),
  'a host in capitals, with a port and a final dot': rawRequest(`GET ${MESSAGES}`, ['Host: GateWay.example.com.:8080']),
  ...hosts([
    'gateway.example.com?x',
    'gateway.example.com#x',
    'other.example.com@gateway.example.com',
    'gateway.example.com/health',
    'gateway.example.com/health?',
    'gateway.example.com\\x',
    'gateway.example.com, other.example.com',
    'gateway.example.com:80:90',
    'gateway.example.com%2fhealth',
    '[::1]:80',
  ]),
  ...methods(['post', 'Post', 'P_OST', 'POST-', 'FOO', 'PURGE', 'TRACE', 'CONNECT', 'OPTIONS', 'DELETE']),
  'CONNECT to an authority': rawRequest('CONNECT other.example.com:443', [HOST]),
  'an upgrade to WebSocket': rawRequest(`GET ${MESSAGES}`, [
    HOST,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ]),
  'an upgrade to HTTP/2': rawRequest(`GET ${MESSAGES}`, [
    HOST,
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
  ]),
  'a chunked body': rawRequest(`POST ${MESSAGES}`, [HOST, 'Transfer-Encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n'),
  'a chunked body with an identity in its trailer': rawRequest(
    `POST ${MESSAGES}`,
    [HOST, 'Transfer-Encoding: chunked', 'Trailer: x-auth-token-id'],
    '2\r\n{}\r\n0\r\nx-auth-token-id: forged\r\n\r\n',
  ),
  'a body with two lengths': rawRequest(
    `POST ${MESSAGES}`,
    [HOST, 'Transfer-Encoding: chunked', 'Content-Length: 4'],
    '0\r\n\r\nGET /health HTTP/1.1\r\n\r\n',
  ),
  'a body with an unknown coding': rawRequest(
    `POST ${MESSAGES}`,
    [HOST, 'Transfer-Encoding: xchunked', 'Content-Length: 2'],
    '{}',
  ),
  'a body with a coding in capitals': rawRequest(`POST ${MESSAGES}`, [HOST, 'Transfer-Encoding: CHUNKED'], '0\r\n\r\n'),
  'a body that is awaited': rawRequest(`POST ${MESSAGES}`, [HOST, 'Expect: 100-continue', 'Content-Length: 2'], '{}'),
  'a GET with a body': rawRequest(`GET ${MESSAGES}`, [HOST, 'Content-Length: 2'], '{}'),
  'a header that continues on the next line': rawRequest(`GET ${MESSAGES}`, [
    HOST,
    'X-Filler: 1',
    ' x-auth-token-id: forged',
  ]),
  'a space before the colon': rawRequest(`GET ${MESSAGES}`, [HOST, 'x-auth-token-id : forged']),
  'a bare line feed in a header': rawRequest(`GET ${MESSAGES}`, [HOST, 'X-Filler: 1\nx-auth-token-id: forged']),
  'a bare carriage return in a header': rawRequest(`GET ${MESSAGES}`, [HOST, 'X-Filler: 1\rx-auth-token-id: forged']),
  'a NUL in a header': rawRequest(`GET ${MESSAGES}`, [HOST, 'X-Filler: 1\0x-auth-token-id: forged']),
  ...Object.fromEntries(
    ['x-auth-subject', 'authorization', 'x-original-url', 'x-forwarded-uri', 'x-forwarded-method', 'host'].map(
      (name) => [
        `a Connection header that names ${name}`,
        rawRequest(`GET ${MESSAGES}`, [HOST, 'Authorization: Bearer t', `Connection: close, ${name}`]),
      ],
    ),
  ),
};

type Http2Request = Partial<Pick<HttpRequest, 'method' | 'path' | 'headers'>>;

/** Pseudo-headers that two parsers may read differently. */
export const HTTP2_REQUESTS: Readonly<Record<string, Http2Request>> = {
  'two hosts': {
    headers: [
      [':authority', 'gateway.example.com'],
      ['host', 'other.example.com'],
    ],
  },
  'a host with a path': { headers: [[':authority', 'gateway.example.com/health']] },
  'a host with a query': { headers: [[':authority', 'gateway.example.com?x=']] },
  'a host with a user': { headers: [[':authority', 'admin@gateway.example.com']] },
  'no host': { headers: [] },
  'a scheme with a path': {
    headers: [
      [':scheme', 'http://gateway.example.com/health?'],
      [':authority', 'gateway.example.com'],
    ],
  },
  'a path with dot segments': { path: `${MESSAGES}/../../../health` },
  'a path with two slashes': { path: `/${MESSAGES}` },
  'an absolute path': { path: `http://other.example.com${MESSAGES}` },
  'a path with a fragment': { path: `${MESSAGES}#/health` },
  'a path without a slash': { path: 'health' },
  'an asterisk': { method: 'OPTIONS', path: '*' },
  'a method in lower case': { method: 'post' },
  'a method with an underscore': { method: 'P_OST' },
};

function lines(what: string, targets: readonly string[]): Record<string, string> {
  return Object.fromEntries(targets.map((target) => [`${what} ${target}`, rawRequest(`GET ${target}`, [HOST])]));
}

function hosts(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((host) => [`the host ${host}`, rawRequest(`GET ${MESSAGES}`, [`Host: ${host}`])]),
  );
}

function methods(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`the method ${name}`, rawRequest(`${name} ${MESSAGES}`, [HOST])]));
}
