import { describe, expect, it } from 'vitest';
import { makeRequest } from '../../../../test/support/core.ts';
import type { AccessRequest } from '../../request.ts';
import { cookiePlace } from './cookies.ts';
import type { Places } from './places.ts';
import { AUTHORIZATION_ALONE } from './places.ts';
import { readPlaces } from './read-places.ts';

const HOST = 'api.example.com';
const EVERY: Places = {
  authorization: true,
  headers: [
    { name: 'x-api-key', bearer: false },
    { name: 'x-serverless-authorization', bearer: true },
  ],
  cookies: [cookiePlace('session')],
  websocketProtocol: true,
  queries: ['access_token'],
};
const NOWHERE: Places = { authorization: false, headers: [], cookies: [], websocketProtocol: false, queries: [] };

type Fields = Readonly<Record<string, string>>;

function read(places: Places, fields: Fields = {}, request: Partial<AccessRequest> = {}, allowed?: readonly string[]) {
  const { authorization, ...others } = fields;
  const asked = makeRequest({ host: HOST, authorization, fields: new Map(Object.entries(others)), ...request });
  return readPlaces(asked, places, allowed === undefined ? {} : { allowedOrigins: new Set(allowed) });
}

const bearer = (value: string) => ({ scheme: 'bearer', value });
const SEVERAL = { scheme: 'several' };
const AMBIGUOUS = { scheme: 'misplaced', reason: 'invalid_request', check: 'ambiguous credential' };
const SCHEME = { scheme: 'misplaced', reason: 'credentials_required', check: 'scheme' };
const OTHER_ORIGIN = { scheme: 'misplaced', reason: 'credentials_required', check: 'origin' };
const NOT_REMOVED = { scheme: 'misplaced', reason: 'invalid_request', check: 'query not removed' };

/** The same token in each place. */
interface Single {
  readonly name: string;
  /** The places of a route that reads this one alone. */
  readonly own: Partial<Places>;
  /** The places of a route that reads every other one. */
  readonly others: Partial<Places>;
  readonly fields: Fields;
  readonly path: string;
}

const SINGLE: readonly Single[] = [
  {
    name: 'Authorization',
    own: { authorization: true },
    others: { authorization: false },
    fields: { authorization: 'Bearer tok' },
    path: '/x',
  },
  {
    name: 'a header',
    own: { headers: EVERY.headers.slice(0, 1) },
    others: { headers: EVERY.headers.slice(1) },
    fields: { 'x-api-key': 'tok' },
    path: '/x',
  },
  {
    name: 'a header with a scheme',
    own: { headers: EVERY.headers.slice(1) },
    others: { headers: EVERY.headers.slice(0, 1) },
    fields: { 'x-serverless-authorization': 'bEARER tok' },
    path: '/x',
  },
  {
    name: 'a cookie',
    own: { cookies: EVERY.cookies },
    others: { cookies: [cookiePlace('Session'), cookiePlace('__Host-session')] },
    fields: { cookie: 'a=1; session=tok' },
    path: '/x',
  },
  {
    name: 'a subprotocol',
    own: { websocketProtocol: true },
    others: { websocketProtocol: false },
    fields: { 'sec-websocket-protocol': 'chat, bearer, tok' },
    path: '/x',
  },
  {
    name: 'the query',
    own: { queries: ['access_token'] },
    others: { queries: ['token'] },
    fields: {},
    path: '/x?access_token=tok',
  },
];

describe('readPlaces()', () => {
  it.each(SINGLE)('reads $name where the route says so, and nowhere else', ({ own, others, fields, path }) => {
    expect(read({ ...NOWHERE, ...own }, fields, { path })).toEqual(bearer('tok'));
    expect(read(EVERY, fields, { path })).toEqual(bearer('tok'));
    expect(read({ ...EVERY, ...others }, fields, { path })).toEqual({ scheme: 'none' });
  });

  it('finds nothing in empty places', () => {
    const empty = { authorization: '', 'x-api-key': '', cookie: 'session=', 'sec-websocket-protocol': '' };
    expect(read(EVERY, empty, { path: '/x?access_token=' })).toEqual({ scheme: 'none' });
    expect(readPlaces(makeRequest(), EVERY, {})).toEqual({ scheme: 'none' });
  });

  it.each(
    SINGLE.flatMap((first, index) =>
      SINGLE.slice(index + 1).map((second) => ({
        one: first.name,
        other: second.name,
        fields: { ...first.fields, ...second.fields },
        path: second.path,
      })),
    ),
  )('refuses a credential in $one and one in $other', ({ fields, path }) => {
    expect(read(EVERY, fields, { path })).toEqual(SEVERAL);
  });

  it.each([
    ['another scheme beside a cookie', { authorization: 'Digest a="b"', cookie: 'session=tok' }],
    ['a password beside a cookie', { authorization: 'Basic am9l', cookie: 'session=tok' }],
    ['two header fields', { 'x-api-key': 'a,b' }],
    ['two equal header fields', { 'x-api-key': 'tok,tok' }],
    ['an empty header field and another one', { 'x-api-key': ',tok' }],
    ['two header fields with a scheme', { 'x-serverless-authorization': 'Bearer a,Bearer b' }],
    ['two cookies', { cookie: 'session=a; session=b' }],
    ['two Authorization fields', { authorization: 'Negotiate a,Bearer b' }],
  ])('refuses %s', (_, fields) => {
    expect(read(EVERY, fields)).toEqual(SEVERAL);
  });

  it.each([
    ['a cookie', { cookie: 'a=1,session=tok' }, '/x'],
    ['a subprotocol', { 'sec-websocket-protocol': 'bearer' }, '/x'],
    ['a query', {}, '/x?Access_Token=tok'],
    ['a header with a scheme and no token', { 'x-serverless-authorization': 'Bearer ' }, '/x'],
  ])('refuses %s that two parsers could read in different ways', (_, fields, path) => {
    expect(read(EVERY, fields, { path })).toEqual(AMBIGUOUS);
    expect(read(EVERY, { authorization: 'Bearer tok', ...fields }, { path })).toEqual(AMBIGUOUS);
  });

  it.each([['Basic am9l'], ['tok'], ['Digest x'], ['Bearer\ttok']])('accepts no %j in a header for Bearer', (value) => {
    expect(read(EVERY, { 'x-serverless-authorization': value })).toEqual(SCHEME);
  });

  it('takes the whole value of a header without a scheme for the token', () => {
    expect(read(EVERY, { 'x-api-key': 'Basic am9l' })).toEqual(bearer('Basic am9l'));
    expect(read(EVERY, { 'x-api-key': 'Bearer tok' })).toEqual(bearer('Bearer tok'));
  });

  it.each(['forward-auth', 'access-api', 'authzen', 'tokens'] as const)(
    'refuses a credential in the query at the door %s, which cannot have it removed',
    (door) => {
      expect(read(EVERY, {}, { door, path: '/x?access_token=tok' })).toEqual(NOT_REMOVED);
      expect(read(EVERY, { authorization: 'Bearer tok' }, { door, path: '/x?access_token=tok' })).toEqual(NOT_REMOVED);
      expect(read(EVERY, { authorization: 'Bearer tok' }, { door, path: '/x?a=1' })).toEqual(bearer('tok'));
      expect(read(AUTHORIZATION_ALONE, {}, { door, path: '/x?access_token=tok' })).toEqual({ scheme: 'none' });
    },
  );
});

describe('readPlaces() of a cookie', () => {
  const POST = { method: 'POST' };

  function ask(fields: Fields, request: Partial<AccessRequest> = POST, allowed?: readonly string[]): unknown {
    return read({ ...NOWHERE, cookies: EVERY.cookies }, { cookie: 'session=tok', ...fields }, request, allowed);
  }

  it.each<[string, Fields, Partial<AccessRequest>?]>([
    ["the request's own origin", { origin: `https://${HOST}` }],
    ['a host in other letter case', { origin: `https://${HOST}` }, { ...POST, host: 'API.Example.com' }],
    ['a port', { origin: `https://${HOST}:8443` }, { ...POST, host: `${HOST}:8443` }],
    ["the scheme's own port", { origin: `https://${HOST}` }, { ...POST, host: `${HOST}:443` }],
    ['http, if the request came so', { origin: `http://${HOST}`, 'x-forwarded-proto': 'http' }],
    ['no origin, from the same one', { 'sec-fetch-site': 'same-origin' }],
    ['no origin, from the user', { 'sec-fetch-site': 'none' }],
    ['GET without an origin', {}, { method: 'GET' }],
    ['HEAD without an origin', {}, { method: 'HEAD' }],
    ['GET from a link on another site', { 'sec-fetch-site': 'cross-site' }, { method: 'GET' }],
    ['a handshake of its own origin', { origin: `https://${HOST}`, upgrade: 'websocket' }, { method: 'GET' }],
    ['GET whose fields may be hidden', { 'sec-fetch-site': 'none' }, { method: 'GET', hidesFields: true }],
  ])('accepts %s', (_, fields, request = POST) => {
    expect(ask(fields, request)).toEqual(bearer('tok'));
  });

  it.each<[string, Fields, Partial<AccessRequest>?]>([
    ['no origin', {}],
    ['another origin', { origin: 'https://evil.example' }],
    ['a subdomain', { origin: `https://evil.${HOST}` }],
    ['a name that begins alike', { origin: `https://${HOST}.evil.example` }],
    ['another port', { origin: `https://${HOST}:8443` }],
    ['http', { origin: `http://${HOST}` }],
    ['http, if the request came by https', { origin: `http://${HOST}`, 'x-forwarded-proto': 'https' }],
    ['http, if two gateways say different things', { origin: `http://${HOST}`, 'x-forwarded-proto': 'https,http' }],
    ['null', { origin: 'null' }],
    ['an empty origin', { origin: '' }],
    ['two origins', { origin: `https://${HOST},https://evil.example` }],
    ['the same origin twice', { origin: `https://${HOST},https://${HOST}` }],
    ['an origin with a path', { origin: `https://${HOST}/` }],
    ['another origin that claims to be the same', { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a subdomain by Sec-Fetch-Site', { 'sec-fetch-site': 'same-site' }],
    ['two of Sec-Fetch-Site', { 'sec-fetch-site': 'same-origin,cross-site' }],
    ['a host that is no authority', { origin: 'https://a/b' }, { ...POST, host: 'a/b' }],
    ['an empty host', { origin: 'https://' }, { ...POST, host: '' }],
    ['GET of another origin', { origin: 'https://evil.example' }, { method: 'GET' }],
    ['a handshake of another origin', { origin: 'https://evil.example', upgrade: 'websocket' }, { method: 'GET' }],
    [
      'a handshake of another origin, whose Upgrade a gateway does not show',
      { origin: 'https://evil.example', 'sec-websocket-key': 'x' },
      { method: 'GET' },
    ],
    ['a handshake without an origin', { upgrade: 'websocket' }, { method: 'GET' }],
    ['a key of a handshake without an origin', { 'sec-websocket-key': 'x' }, { method: 'GET' }],
    ['GET whose fields may be hidden', {}, { method: 'GET', hidesFields: true }],
    ['TRACE', {}, { method: 'TRACE' }],
    ['a method that is not known', {}, { method: 'QUERY' }],
  ])('refuses %s', (_, fields, request = POST) => {
    expect(ask(fields, request)).toEqual(OTHER_ORIGIN);
  });

  it('accepts an origin that is allowed, and no other', () => {
    const allowed = ['https://app.example.com'];
    expect(ask({ origin: 'https://app.example.com' }, POST, allowed)).toEqual(bearer('tok'));
    expect(ask({ origin: `https://${HOST}` }, POST, allowed)).toEqual(bearer('tok'));
    expect(ask({ origin: 'http://app.example.com' }, POST, allowed)).toEqual(OTHER_ORIGIN);
    expect(ask({}, POST, allowed)).toEqual(OTHER_ORIGIN);
  });

  it('accepts the origins of a CORS rule under which browsers send credentials', () => {
    const origin = 'https://app.example.com';
    const fields = new Map([
      ['cookie', 'session=tok'],
      ['origin', origin],
    ]);
    const places = { ...NOWHERE, cookies: EVERY.cookies };
    const under = (credentials: boolean, asked = fields): unknown => {
      const origins = { every: false, exact: new Set([origin]), below: [] };
      const cors = { origins, credentials, methods: undefined, headers: new Set<string>(), exposedHeaders: [] };
      const rule = { ...cors, maxAgeSeconds: 0, preflight: 'answer' as const };
      return readPlaces(makeRequest({ ...POST, host: HOST, fields: asked }), places, { cors: rule });
    };
    expect(under(true)).toEqual(bearer('tok'));
    expect(under(false)).toEqual(OTHER_ORIGIN);
    expect(under(true, new Map([...fields, ['origin', 'https://evil.example']]))).toEqual(OTHER_ORIGIN);
  });

  it('asks for no origin of a credential in another place', () => {
    const fields = { authorization: 'Bearer tok', origin: 'https://evil.example', cookie: 'a=1' };
    expect(read(EVERY, fields, POST)).toEqual(bearer('tok'));
    expect(read(EVERY, { 'x-api-key': 'tok', origin: 'https://evil.example' }, POST)).toEqual(bearer('tok'));
  });
});
