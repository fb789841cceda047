import type { Reason } from '../../src/core/reason.ts';

/** A header field. In values and paths, `{token}` is a good token, `{other}` another one, `{base64url}` the first one encoded. */
export type Field = readonly [name: string, value: string];

/** A request with credentials in some places, and its outcome at every door of gateways. */
export interface PlaceCase {
  readonly name: string;
  readonly method?: string;
  readonly path: string;
  readonly fields?: readonly Field[];
  readonly expected: Reason | Passes;
  /** At doors whose gateways cannot remove a query parameter. */
  readonly overHttp?: Reason;
  /** At the door whose gateway may hide fields: Envoy over HTTP. */
  readonly ifHidden?: Reason;
  /** Only where the gateway sends each field by itself: it cannot tell joined fields from a value with a comma. */
  readonly rawOnly?: true;
}

/** What reaches the upstream of the credential's fields; exactly these, byte for byte. */
export interface Passes {
  readonly upstream: readonly Field[];
  /** Whether the identity of the token reaches the upstream. True by default. */
  readonly identity?: false;
  /** The path that reaches the upstream, if it is another one than was sent. */
  readonly path?: string;
}

export const BASE = '/3rdparty/v1/messages/p';
export const HOST = 'api.example.com';
const OWN: Field = ['Origin', `https://${HOST}`];
const EVIL: Field = ['Origin', 'https://evil.example'];

/** The routes of the cases. */
export const PLACE_ROUTES: readonly object[] = [
  { path: `${BASE}/plain`, scope: 'messages:list', basic: false },
  { path: `${BASE}/header`, scope: 'messages:list', credentials: [{ header: 'x-api-key' }] },
  {
    path: `${BASE}/scheme`,
    scope: 'messages:list',
    credentials: [{ header: 'x-serverless-authorization', scheme: 'Bearer' }],
  },
  {
    path: `${BASE}/cookie`,
    scope: 'messages:list',
    credentials: ['authorization', { cookie: '__Host-session', origins: ['https://app.example.com'] }],
    basic: false,
  },
  { path: `${BASE}/websocket`, scope: 'messages:list', credentials: ['websocketProtocol'] },
  {
    path: `${BASE}/query`,
    scope: 'messages:list',
    credentials: ['authorization', { query: 'access_token' }],
    basic: false,
  },
  ...[
    { path: `${BASE}/every`, scope: 'messages:list' },
    { path: `${BASE}/shadow`, scope: 'devices:list', shadow: true },
  ].map((route) => ({
    ...route,
    basic: false,
    credentials: [
      'authorization',
      'websocketProtocol',
      { header: 'x-api-key' },
      { cookie: '__Host-session' },
      { query: 'access_token' },
    ],
  })),
  { path: `${BASE}/public`, public: true },
  {
    method: 'POST',
    path: `${BASE}/preflight`,
    scope: 'messages:list',
    credentials: ['authorization', { header: 'x-api-key' }, { cookie: '__Host-session' }, { query: 'access_token' }],
    basic: false,
    cors: { origins: ['https://app.example.com'], preflight: 'pass' },
  },
];

const NOTHING: Passes = { upstream: [] };
const ENCODED = 'base64url.bearer.authorization.k8s.io.{base64url}';

const headers: readonly PlaceCase[] = [
  { name: 'a header', path: '/header', fields: [['X-Api-Key', '{token}']], expected: NOTHING },
  {
    name: 'a header with white space around it',
    path: '/header',
    fields: [['X-Api-Key', ' \t{token} ']],
    expected: NOTHING,
  },
  {
    name: 'a header with a scheme',
    path: '/scheme',
    fields: [['X-Serverless-Authorization', 'bEARER {token}']],
    expected: NOTHING,
  },
  { name: 'HEAD', method: 'HEAD', path: '/header', fields: [['X-Api-Key', '{token}']], expected: NOTHING },
  { name: 'OPTIONS', method: 'OPTIONS', path: '/header', fields: [['X-Api-Key', '{token}']], expected: NOTHING },
  { name: 'OPTIONS without a credential', method: 'OPTIONS', path: '/header', expected: 'credentials_required' },
  { name: 'an empty header', path: '/header', fields: [['X-Api-Key', '']], expected: 'credentials_required' },
  {
    name: 'Bearer in a header without a scheme',
    path: '/header',
    fields: [['X-Api-Key', 'Bearer {token}']],
    expected: 'token_invalid',
  },
  { name: 'Basic in a header', path: '/header', fields: [['X-Api-Key', 'Basic am9lOnB3']], expected: 'token_invalid' },
  {
    name: 'no scheme in a header with one',
    path: '/scheme',
    fields: [['X-Serverless-Authorization', '{token}']],
    expected: 'credentials_required',
  },
  {
    name: 'Basic in a header for Bearer',
    path: '/scheme',
    fields: [['X-Serverless-Authorization', 'Basic am9lOnB3']],
    expected: 'credentials_required',
  },
  {
    name: 'a header twice',
    path: '/header',
    fields: [
      ['X-Api-Key', '{token}'],
      ['X-Api-Key', '{token}'],
    ],
    expected: 'invalid_request',
  },
  {
    name: 'a header twice, once empty',
    path: '/header',
    fields: [
      ['X-Api-Key', ''],
      ['X-Api-Key', '{token}'],
    ],
    expected: 'invalid_request',
  },
  {
    name: 'two tokens joined by a comma',
    path: '/header',
    fields: [['X-Api-Key', '{token},{other}']],
    expected: 'invalid_request',
  },
  {
    name: 'another spelling of a header',
    path: '/header',
    fields: [['X.Api.Key', '{token}']],
    expected: 'credentials_required',
  },
  {
    name: 'a header beside another spelling of it, which upstreams take for it',
    path: '/header',
    fields: [
      ['X-Api-Key', '{token}'],
      ['X.Api.Key', '{other}'],
    ],
    expected: NOTHING,
  },
  {
    name: 'a token with bytes outside ASCII',
    path: '/header',
    fields: [['X-Api-Key', '{token}\u00e9']],
    expected: 'token_invalid',
  },
  {
    name: 'a percent-encoded token',
    path: '/header',
    fields: [['X-Api-Key', '%65{token}']],
    expected: 'token_invalid',
  },
  {
    name: 'a very long token',
    path: '/header',
    fields: [['X-Api-Key', 'a'.repeat(40_000)]],
    expected: 'token_invalid',
  },
  {
    name: 'Authorization where only a header is read',
    path: '/header',
    fields: [['Authorization', 'Bearer {token}']],
    expected: 'credentials_required',
  },
  {
    name: 'Authorization beside a header that alone is read',
    path: '/header',
    fields: [
      ['Authorization', 'Bearer {other}'],
      ['X-Api-Key', '{token}'],
    ],
    expected: NOTHING,
  },
  {
    name: 'a header of another route',
    path: '/plain',
    fields: [['X-Api-Key', '{token}']],
    expected: 'credentials_required',
  },
  {
    name: 'a header of another route beside Authorization',
    path: '/plain',
    fields: [
      ['X-Api-Key', 'other'],
      ['Authorization', 'Bearer {token}'],
    ],
    expected: { upstream: [['x-api-key', 'other']] },
  },
  {
    name: 'a header of another route, at a route with other places',
    path: '/cookie',
    fields: [['X-Api-Key', '{token}']],
    expected: 'credentials_required',
  },
];

const cookie = (value: string): Field => ['Cookie', value];
const SESSION = cookie('__Host-session={token}');

const cookies: readonly PlaceCase[] = [
  { name: 'a cookie', path: '/cookie', fields: [SESSION], expected: NOTHING, ifHidden: 'credentials_required' },
  { name: 'a cookie of a page of the same origin', path: '/cookie', fields: [SESSION, OWN], expected: NOTHING },
  {
    name: 'a cookie among others, which stay',
    path: '/cookie',
    fields: [cookie('a="1 2"; __Host-session={token}; b=2'), OWN],
    expected: { upstream: [['cookie', 'a="1 2"; b=2']] },
  },
  {
    name: 'a cookie beside one in UTF-8, which stays',
    path: '/cookie',
    fields: [cookie('a=\u00c3\u00a9; __Host-session={token}'), OWN],
    expected: { upstream: [['cookie', 'a=\u00c3\u00a9']] },
  },
  {
    name: 'other cookies beside Authorization',
    path: '/cookie',
    fields: [cookie('a=1'), ['Authorization', 'Bearer {token}'], EVIL],
    expected: { upstream: [['cookie', 'a=1']] },
  },
  {
    name: 'a cookie twice',
    path: '/cookie',
    fields: [cookie('__Host-session={token}; __Host-session={other}'), OWN],
    expected: 'invalid_request',
  },
  {
    name: 'a cookie twice in two fields',
    path: '/cookie',
    fields: [SESSION, cookie('__Host-session={other}'), OWN],
    expected: 'invalid_request',
  },
  {
    name: 'a cookie in the second of two fields',
    path: '/cookie',
    fields: [cookie('a=1'), SESSION, OWN],
    expected: { upstream: [['cookie', 'a=1']] },
    rawOnly: true,
  },
  {
    name: 'a cookie behind a comma',
    path: '/cookie',
    fields: [cookie('a=1,__Host-session={token}'), OWN],
    expected: 'invalid_request',
  },
  {
    name: 'a cookie within quotes',
    path: '/cookie',
    fields: [cookie('a="; __Host-session={token}; b="'), OWN],
    expected: 'invalid_request',
  },
  {
    name: 'a quoted cookie',
    path: '/cookie',
    fields: [cookie('__Host-session="{token}"'), OWN],
    expected: 'token_invalid',
  },
  {
    name: 'an empty cookie',
    path: '/cookie',
    fields: [cookie('__Host-session='), OWN],
    expected: 'credentials_required',
  },
  {
    name: 'a cookie in other letter case',
    path: '/cookie',
    fields: [cookie('__host-session={token}'), OWN],
    expected: 'credentials_required',
  },
  {
    name: 'a cookie with a prefix that PHP reads as this one',
    path: '/cookie',
    fields: [cookie('..Host-session={token}'), OWN],
    expected: 'credentials_required',
  },
  {
    name: 'a cookie and Authorization',
    path: '/cookie',
    fields: [SESSION, OWN, ['Authorization', 'Bearer {token}']],
    expected: 'invalid_request',
  },
  {
    name: 'a cookie and another scheme',
    path: '/cookie',
    fields: [SESSION, OWN, ['Authorization', 'Digest a="b"']],
    expected: 'invalid_request',
  },
  { name: 'a cookie of another route', path: '/plain', fields: [SESSION, OWN], expected: 'credentials_required' },
  {
    name: 'a cookie of a page of another origin',
    path: '/cookie',
    fields: [SESSION, EVIL],
    expected: 'credentials_required',
  },
  { name: 'POST of the same origin', method: 'POST', path: '/cookie', fields: [SESSION, OWN], expected: NOTHING },
  {
    name: 'POST of an origin that is listed',
    method: 'POST',
    path: '/cookie',
    fields: [SESSION, ['Origin', 'https://app.example.com']],
    expected: NOTHING,
  },
  {
    name: 'POST of another origin',
    method: 'POST',
    path: '/cookie',
    fields: [SESSION, EVIL],
    expected: 'credentials_required',
  },
  { name: 'POST of no origin', method: 'POST', path: '/cookie', fields: [SESSION], expected: 'credentials_required' },
  {
    name: 'POST of the origin null',
    method: 'POST',
    path: '/cookie',
    fields: [SESSION, ['Origin', 'null']],
    expected: 'credentials_required',
  },
  {
    name: 'POST of two origins',
    method: 'POST',
    path: '/cookie',
    fields: [SESSION, OWN, EVIL],
    expected: 'credentials_required',
  },
  {
    name: 'POST of another site that sends no origin',
    method: 'POST',
    path: '/cookie',
    fields: [SESSION, ['Sec-Fetch-Site', 'cross-site']],
    expected: 'credentials_required',
  },
  {
    name: 'POST of the same site that sends no origin',
    method: 'POST',
    path: '/cookie',
    fields: [SESSION, ['Sec-Fetch-Site', 'same-origin']],
    expected: NOTHING,
  },
];

const subprotocols = (value: string): Field => ['Sec-WebSocket-Protocol', value];

const websockets: readonly PlaceCase[] = [
  { name: 'a subprotocol', path: '/websocket', fields: [subprotocols('bearer, {token}')], expected: NOTHING },
  {
    name: 'a subprotocol among others, which stay',
    path: '/websocket',
    fields: [subprotocols('chat.v1, bearer, {token}, chat.v2')],
    expected: { upstream: [['sec-websocket-protocol', 'chat.v1, chat.v2']] },
  },
  {
    name: "Kubernetes' subprotocol",
    path: '/websocket',
    fields: [subprotocols(`v4.channel.k8s.io, ${ENCODED}`)],
    expected: { upstream: [['sec-websocket-protocol', 'v4.channel.k8s.io']] },
  },
  {
    name: 'a subprotocol in two fields',
    path: '/websocket',
    fields: [subprotocols('bearer'), subprotocols('{token}, chat.v1')],
    expected: { upstream: [['sec-websocket-protocol', 'chat.v1']] },
  },
  {
    name: 'two subprotocols',
    path: '/websocket',
    fields: [subprotocols(`bearer, {token}, ${ENCODED}`)],
    expected: 'invalid_request',
  },
  {
    name: 'a padded subprotocol',
    path: '/websocket',
    fields: [subprotocols(`${ENCODED}=`)],
    expected: 'invalid_request',
  },
  {
    name: 'bearer without a token',
    path: '/websocket',
    fields: [subprotocols('chat, bearer')],
    expected: 'invalid_request',
  },
  {
    name: 'an empty subprotocol',
    path: '/websocket',
    fields: [subprotocols('bearer,,{token}')],
    expected: 'invalid_request',
  },
  {
    name: 'a subprotocol of another route',
    path: '/plain',
    fields: [subprotocols('bearer, {token}')],
    expected: 'credentials_required',
  },
];

const query = (text: string): string => `/query?${text}`;
const REMOVED = { overHttp: 'invalid_request' } as const;

const queries: readonly PlaceCase[] = [
  { name: 'the query', path: query('access_token={token}'), expected: { upstream: [], path: '/query' }, ...REMOVED },
  {
    name: 'the query among other parameters, which stay',
    path: query('b=2&access_token={token}&a=%2F;x&c'),
    expected: { upstream: [], path: query('a=%2F;x&b=2&c=') },
    ...REMOVED,
  },
  { name: 'no parameter', path: query('a=1'), fields: [['Authorization', 'Bearer {token}']], expected: NOTHING },
  {
    name: 'an empty parameter beside Authorization',
    path: query('access_token=&a=1'),
    fields: [['Authorization', 'Bearer {token}']],
    expected: { upstream: [], path: query('a=1') },
  },
  { name: 'a parameter twice', path: query('access_token={token}&access_token={other}'), expected: 'invalid_request' },
  {
    name: 'a parameter twice, once empty',
    path: query('access_token=&access_token={token}'),
    expected: 'invalid_request',
  },
  {
    name: 'a parameter and Authorization',
    path: query('access_token={token}'),
    fields: [['Authorization', 'Bearer {token}']],
    expected: 'invalid_request',
  },
  { name: 'an encoded parameter', path: query('%61ccess_token={token}'), expected: 'invalid_request' },
  { name: 'a parameter that is encoded twice', path: query('%2561ccess_token={token}'), expected: 'invalid_request' },
  {
    name: 'a parameter and an encoded one',
    path: query('access_token={token}&access%5Ftoken={other}'),
    expected: 'invalid_request',
  },
  { name: 'a parameter in other letter case', path: query('Access_Token={token}'), expected: 'invalid_request' },
  { name: 'a parameter with another separator', path: query('access-token={token}'), expected: 'invalid_request' },
  { name: 'a parameter with a dot', path: query('access.token={token}'), expected: 'invalid_request' },
  { name: 'a parameter behind a semicolon', path: query('a=1;access_token={token}'), expected: 'invalid_request' },
  {
    name: 'a parameter before a semicolon',
    path: query('access_token={token};a=1'),
    expected: 'token_invalid',
    ...REMOVED,
  },
  { name: 'a list', path: query('access_token[]={token}'), expected: 'invalid_request' },
  { name: 'a plus in the token', path: query('access_token=+{token}'), expected: 'token_invalid', ...REMOVED },
  { name: 'a broken escape in the token', path: query('access_token={token}%2'), expected: 'invalid_request' },
  {
    name: 'a very long parameter',
    path: query(`access_token=${'a'.repeat(20_000)}`),
    expected: 'token_invalid',
    ...REMOVED,
  },
  { name: 'an empty parameter', path: query('access_token='), expected: 'credentials_required' },
  { name: 'a parameter of another route', path: '/plain?access_token={token}', expected: 'credentials_required' },
  {
    name: 'a parameter of another route beside Authorization',
    path: '/plain?access_token=x&a',
    fields: [['Authorization', 'Bearer {token}']],
    expected: NOTHING,
  },
];

/** Each place beside each other one. */
const EVERY: Readonly<Record<string, { readonly fields: readonly Field[]; readonly query?: string }>> = {
  Authorization: { fields: [['Authorization', 'Bearer {token}']] },
  'a header': { fields: [['X-Api-Key', '{token}']] },
  'a cookie': { fields: [SESSION] },
  'a subprotocol': { fields: [subprotocols('bearer, {token}')] },
  'the query': { fields: [], query: '?access_token={token}' },
};

const pairs: readonly PlaceCase[] = Object.entries(EVERY).flatMap(([one, first], index) =>
  Object.entries(EVERY)
    .slice(index + 1)
    .map(([other, second]) => ({
      name: `${one} and ${other}`,
      path: `/every${second.query ?? ''}`,
      fields: [...first.fields, ...second.fields, OWN],
      expected: 'invalid_request' as const,
    })),
);

const passing: readonly PlaceCase[] = [
  {
    name: 'what a public route does not read',
    path: '/public?access_token={token}&b&a=1',
    fields: [
      ['Authorization', 'Bearer x'],
      ['X-Api-Key', '{token}'],
      cookie('__Host-session={token}; a=1'),
      subprotocols('bearer, {token}'),
      EVIL,
    ],
    expected: {
      identity: false,
      upstream: [
        ['authorization', 'Bearer x'],
        ['x-api-key', '{token}'],
        ['cookie', '__Host-session={token}; a=1'],
        ['sec-websocket-protocol', 'bearer, {token}'],
      ],
    },
  },
  {
    name: 'a denial in shadow',
    path: '/shadow',
    fields: [cookie('__Host-session={token}; a=1'), OWN],
    expected: { identity: false, upstream: [['cookie', '__Host-session={token}; a=1']] },
  },
  {
    name: 'two credentials in shadow',
    path: '/shadow?access_token={token}',
    fields: [['X-Api-Key', '{other}']],
    expected: { identity: false, upstream: [['x-api-key', '{other}']] },
  },
];

const ASKS: readonly Field[] = [
  ['Origin', 'https://app.example.com'],
  ['Access-Control-Request-Method', 'POST'],
];
const asking = { method: 'OPTIONS', path: '/preflight' } as const;

/** A preflight has no credential, but for the one in the URL that it is about. */
const preflights: readonly PlaceCase[] = [
  { name: 'a preflight', ...asking, fields: ASKS, expected: { identity: false, upstream: [] } },
  {
    name: 'a preflight with the query',
    ...asking,
    path: '/preflight?access_token={token}&a=1',
    fields: ASKS,
    expected: { identity: false, upstream: [], path: '/preflight?a=1' },
    ...REMOVED,
  },
  {
    name: 'a preflight with an encoded parameter',
    ...asking,
    path: '/preflight?%61ccess_token={token}',
    fields: ASKS,
    expected: 'invalid_request',
  },
  { name: 'a preflight with a header', ...asking, fields: [...ASKS, ['X-Api-Key', 'x']], expected: 'route_denied' },
  { name: 'a preflight with a cookie', ...asking, fields: [...ASKS, SESSION], expected: 'route_denied' },
  {
    name: 'a preflight with other cookies',
    ...asking,
    fields: [...ASKS, cookie('a=1')],
    expected: { identity: false, upstream: [['cookie', 'a=1']] },
  },
];

/** The bypass list of this field, with each place for a credential. */
export const PLACE_CASES: readonly PlaceCase[] = [
  ...headers,
  ...cookies,
  ...websockets,
  ...queries,
  ...pairs,
  ...passing,
  ...preflights,
].map((one) => ({ ...one, path: `${BASE}${one.path}` }));
