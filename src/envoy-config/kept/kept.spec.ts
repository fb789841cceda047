import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  type Change,
  checkChanged,
  checkTexts,
  MANAGER,
  sallyportConfig,
} from '../../../test/support/envoy/checked-envoy.ts';
import { digestOf } from './digest.ts';
import { ANSWER } from './names.ts';
import { SCRIPT_DIGEST } from './script-digest.ts';

const TOP = new URL('../../../', import.meta.url);
const EXAMPLE = new URL('deploy/gateways/envoy-kept/', TOP);
const RIGHT = new URL('envoy.yaml', EXAMPLE);
const SCRIPT = fileURLToPath(new URL('kept.lua', EXAMPLE));
const CODE = readFileSync(SCRIPT, 'utf8');
const WITHOUT = sallyportConfig(new URL('sallyport.yaml', TOP));
const KEEPING = sallyportConfig(new URL('sallyport.yaml', TOP), ['maxStaleness: 1s', 'maxStaleness: 1s, keep: 700ms']);
const NOTHING = { problems: [], warnings: [], unseen: [] };

const FILTERS = `${MANAGER}.http_filters`;
/** The positions of the filters in the right file. */
const [FIRST, ASKING, SECOND] = [`${FILTERS}.0`, `${FILTERS}.1.typed_config`, `${FILTERS}.2`];
const MATCHER = `${ASKING}.filter_enabled_metadata`;
const CONFIGS = `${MANAGER}.route_config.typed_per_filter_config`;
const OURS = `${CONFIGS}.sallyport~kept`;
const HOST = `${MANAGER}.route_config.virtual_hosts.0`;
const ROUTES = `${HOST}.routes`;
const TYPE = 'type.googleapis.com/envoy.extensions.filters.http';
const PER_ROUTE = `${TYPE}.lua.v3.LuaPerRoute`;
const STRIP = `${MANAGER}.early_header_mutation_extensions`;

const filter = (kind: string, message: string, more: object = {}) => ({
  name: `envoy.filters.http.${kind}`,
  typed_config: { '@type': `${TYPE}.${kind}.v3.${message}`, ...more },
});
const code = (inline_string: string) => ({ '@type': PER_ROUTE, source_code: { inline_string } });
const asking = (more: object) => ({
  'envoy.filters.http.ext_authz': { '@type': `${TYPE}.ext_authz.v3.ExtAuthzPerRoute`, ...more },
});
const OFF = asking({ disabled: true });
const KEEPS_NOTHING = { 'sallyport.kept': { '@type': PER_ROUTE, disabled: true } };
/** What the access log of `envoy.yaml` reads of an answer. */
const LOGGED = ['outcome', 'reason', 'shadowed', 'issuer', 'subject', 'token_id', 'scheme', 'scopes'];
const ofAnswer = (name: string) => ({ key: ANSWER, path: [{ key: name }] });
/** Removes all that must be removed. */
const STRIPPER = filter('header_mutation', 'HeaderMutation', {
  mutations: {
    request_mutations: [
      { remove_on_match: { key_matcher: { safe_regex: { regex: 'x[^a-z0-9].*|forwarded|script[^a-z0-9]name' } } } },
    ],
  },
});
/** A route for the path of another one that differs in a header. */
const beside = (typed_per_filter_config: object): Change => [
  `${ROUTES}.5`,
  {
    insert: {
      match: { path_separated_prefix: '/3rdparty/v1/messages', headers: [{ name: 'x-canary', present_match: true }] },
      route: { cluster: 'messages' },
      typed_per_filter_config,
    },
  },
];
const toMetadata = (metadata_namespace: string) =>
  filter('header_to_metadata', 'Config', {
    request_rules: [{ header: 'x-kept', on_header_present: { metadata_namespace, key: 'decided', type: 'STRING' } }],
  });

/** What `deploy/gateways/envoy-kept` becomes by some changes. The script is where this machine has it. */
function check(changes: readonly Change[], config = KEEPING) {
  return checkChanged(RIGHT, [[`${OURS}.source_code`, { filename: SCRIPT }], ...changes], config);
}

it('the digest is that of the script', () => {
  expect(SCRIPT_DIGEST).toBe(digestOf(CODE));
  expect(digestOf(CODE.replaceAll('\n', '\r\n'))).toBe(SCRIPT_DIGEST);
});

it('checkEnvoy() finds nothing in deploy/gateways/envoy-kept', () => {
  expect(check([])).toEqual(NOTHING);
  expect(check([[`${OURS}.source_code`, { inline_string: CODE }]])).toEqual(NOTHING);
  expect(check([[`${OURS}.source_code`, { inline_bytes: Buffer.from(CODE).toString('base64') }]])).toEqual(NOTHING);
});

type Fault = readonly [what: string, changes: readonly Change[], message: string];

const AHEAD = 'http_filters[0]: it can write the metadata sallyport.kept, which turns authorization off';

describe('checkEnvoy() refuses', () => {
  it.each<Fault>([
    ...(
      [
        ['lua', 'Lua'],
        ['wasm', 'Wasm'],
        ['golang', 'Config'],
        ['dynamic_modules', 'DynamicModuleFilter'],
      ] as const
    ).map(
      ([kind, message]): Fault => [
        `${kind} in front of ext_authz`,
        [[FIRST, { insert: filter(kind, message) }]],
        AHEAD,
      ],
    ),
    [
      'code that a matcher chooses in front of ext_authz',
      [
        [
          FIRST,
          {
            insert: {
              name: 'a',
              typed_config: {
                '@type': 'type.googleapis.com/envoy.extensions.common.matching.v3.ExtensionWithMatcher',
                extension_config: filter('lua', 'Lua'),
              },
            },
          },
        ],
      ],
      AHEAD,
    ],
    [
      'code that a route adds to a filter in front of ext_authz',
      [
        [FIRST, { insert: filter('composite', 'Composite') }],
        [
          `${HOST}.typed_per_filter_config`,
          {
            'envoy.filters.http.composite': {
              '@type': 'type.googleapis.com/envoy.extensions.common.matching.v3.ExtensionWithMatcherPerRoute',
              xds_matcher: { on_no_match: { action: { typed_config: filter('lua', 'Lua') } } },
            },
          },
        ],
      ],
      AHEAD,
    ],
    [
      'an identity header that Envoy takes from the client, where the script removes none',
      [
        [
          `${STRIP}.0.typed_config.mutations.5`,
          { append: { header: { key: 'x-auth-token-id', value: '%REQ(x-user)%' } } },
        ],
      ],
      'append.header.key: where Sallyport sets none, services read this',
    ],
    [
      'a filter that Sallyport does not know in front of ext_authz',
      [[FIRST, { insert: filter('ours', 'Ours') }]],
      'http_filters[0]: Sallyport does not know what this filter does, and it can write',
    ],
    ...['sallyport.kept', 'sallyport.asked', 'envoy.filters.http.ext_authz'].map(
      (namespace): Fault => [
        `a header that becomes metadata of ${namespace}`,
        [[FIRST, { insert: toMetadata(namespace) }]],
        `http_filters[0].typed_config.request_rules[0].on_header_present.metadata_namespace: it writes the metadata ${namespace}`,
      ],
    ),
    [
      'the same by a route',
      [
        [FIRST, { insert: toMetadata('envoy.lb') }],
        [
          `${HOST}.typed_per_filter_config`,
          { 'envoy.filters.http.header_to_metadata': toMetadata('sallyport.kept').typed_config },
        ],
      ],
      'metadata_namespace: it writes the metadata sallyport.kept',
    ],
    [
      'a body that becomes metadata',
      [
        [
          FIRST,
          {
            insert: filter('json_to_metadata', 'JsonToMetadata', {
              request_rules: { rules: [{ on_present: { metadata_namespace: 'sallyport.kept', key: 'decided' } }] },
            }),
          },
        ],
      ],
      'metadata_namespace: it writes the metadata sallyport.kept',
    ],
    ...[{ metadata_namespace: 'sallyport.kept' }, { metadata: [{ metadata_namespace: 'sallyport.kept' }] }].map(
      (config): Fault => [
        `set_metadata: ${JSON.stringify(config)}`,
        [[FIRST, { insert: filter('set_metadata', 'Config', config) }]],
        'metadata_namespace: it writes the metadata sallyport.kept',
      ],
    ),
    [
      'a server that may write the metadata',
      [
        [
          FIRST,
          {
            insert: filter('ext_proc', 'ExternalProcessor', {
              metadata_options: { receiving_namespaces: { untyped: ['a', 'sallyport.kept'] } },
            }),
          },
        ],
      ],
      'http_filters[0].typed_config.metadata_options.receiving_namespaces.untyped[1]: it writes the metadata',
    ],
    ...(
      [
        ['ext_proc', 'ExternalProcessor', {}],
        ['jwt_authn', 'JwtAuthentication', {}],
        ['grpc_json_transcoder', 'GrpcJsonTranscoder', {}],
        [
          'header_mutation',
          'HeaderMutation',
          { mutations: { request_mutations: [{ append: { header: { key: ':path', value: '/' } } }] } },
        ],
        [
          'header_mutation',
          'HeaderMutation',
          { mutations: { request_mutations: [{ remove_on_match: { key_matcher: { prefix: 'auth' } } }] } },
        ],
        ['header_to_metadata', 'Config', { request_rules: [{ header: 'authorization', remove: true }] }],
      ] as const
    ).map(
      ([kind, message, config]): Fault => [
        `${kind} between the first filter and ext_authz: ${JSON.stringify(config)}`,
        [[`${FILTERS}.1`, { insert: filter(kind, message, config) }]],
        'http_filters[1]: it can change what sallyport.kept has read',
      ],
    ),
    [
      'another filter under our name',
      [[FIRST, { insert: { ...toMetadata('sallyport.kept'), name: 'sallyport.kept' } }]],
      'metadata_namespace: it writes the metadata sallyport.kept',
    ],
    [
      'a matcher that is not inverted',
      [[`${MATCHER}.invert`, undefined]],
      'filter_enabled_metadata: Envoy asks only where an answer was kept, and all others pass',
    ],
    [
      'another namespace',
      [[`${MATCHER}.filter`, 'envoy.lb']],
      'filter_enabled_metadata: metadata of other filters turns ext_authz off',
    ],
    [
      'another key',
      [[`${MATCHER}.path`, [{ key: 'hits' }]]],
      'filter_enabled_metadata: expected { filter: sallyport.kept, path:',
    ],
    [
      'another value',
      [[`${MATCHER}.value`, { present_match: true }]],
      'filter_enabled_metadata: expected { filter: sallyport.kept, path:',
    ],
    [
      'other code',
      [[OURS, code(`${CODE}\nlocal more = 1`)]],
      'source_code.inline_string: the code is not kept.lua of this version',
    ],
    [
      'code of which one number is changed',
      [[OURS, code(CODE.replace(/LONGEST_MS = \d+/, 'LONGEST_MS = 600000'))]],
      'source_code.inline_string: the code is not kept.lua',
    ],
    [
      'other code at a route, which wins there',
      [[`${ROUTES}.5.typed_per_filter_config`, { 'sallyport.kept': code('function envoy_on_request() end') }]],
      'route_config.virtual_hosts[0].routes[5].typed_per_filter_config.sallyport.kept.source_code.inline_string: the code is not kept.lua',
    ],
    [
      'no strip, although the script is told of one',
      [[STRIP, undefined]],
      'filter_context.stripped: a client can send x-auth-subject, ',
    ],
    [
      'facts that a log line and a rate limit read, but a kept answer does not repeat',
      [
        [`${OURS}.filter_context.facts`, LOGGED.filter((name) => name !== 'scopes')],
        [`${HOST}.rate_limits`, [{ actions: [{ metadata: { metadata_key: ofAnswer('tier') } }] }]],
      ],
      'filter_context.facts: a request that passes by a kept answer has no scopes, tier in the metadata envoy.filters.http.ext_authz',
    ],
    [
      'facts that a rule of RBAC reads',
      [
        [`${OURS}.filter_context.facts`, LOGGED],
        [
          `${FILTERS}.3`,
          {
            insert: filter('rbac', 'RBAC', {
              rules: {
                action: 'DENY',
                policies: {
                  trial: {
                    permissions: [{ any: true }],
                    principals: [{ metadata: { filter: ANSWER, path: [{ key: 'tier' }] } }],
                  },
                },
              },
            }),
          },
        ],
      ],
      'has no tier in the metadata',
    ],
    [
      'a strip that leaves out a name',
      [
        [
          `${STRIP}.0.typed_config.mutations.0.remove_on_match.key_matcher.safe_regex.regex`,
          'x[^a-z0-9]auth[^a-z0-9](subject|scopes|issuer|scheme)',
        ],
      ],
      'filter_context.stripped: a client can send x-auth-token-id, ',
    ],
    [
      'a strip by a filter that is off on some route',
      [
        [STRIP, undefined],
        [FIRST, { insert: STRIPPER }],
        [
          `${ROUTES}.5.typed_per_filter_config`,
          { [STRIPPER.name]: { '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', disabled: true } },
        ],
      ],
      'filter_context.stripped: a client can send x-auth-subject, ',
    ],
    [
      'a strip by a filter that is off',
      [
        [STRIP, undefined],
        [FIRST, { insert: { ...STRIPPER, disabled: true } }],
      ],
      'filter_context.stripped: a client can send x-auth-subject, ',
    ],
    [
      'a route that differs by a header and does not ask',
      [beside(OFF)],
      'routes[5]: Envoy asks differently here than on a route for the same path',
    ],
    [
      'the same where ext_authz is off unless a route turns it on',
      [[`${FILTERS}.1.disabled`, true], beside(asking({ check_settings: {} }))],
      'routes[6]: Envoy asks differently here',
    ],
    [
      'one of several weighted clusters that asks with more',
      [
        [
          `${ROUTES}.5.route`,
          {
            weighted_clusters: {
              clusters: [
                {
                  name: 'messages',
                  weight: 1,
                  typed_per_filter_config: asking({ check_settings: { context_extensions: { tenant: 'a' } } }),
                },
                { name: 'devices', weight: 1 },
              ],
            },
          },
        ],
      ],
      'routes[5].route.weighted_clusters.clusters[0]: Envoy asks differently here',
    ],
    [
      'a route that differs by a header and asks with more',
      [beside(asking({ check_settings: { context_extensions: { tenant: 'a' } } }))],
      'routes[5]: Envoy asks differently here',
    ],
    [
      'a route that differs by a header and asks another service',
      [
        beside(
          asking({ check_settings: { grpc_service: { envoy_grpc: { cluster_name: 'sallyport' }, timeout: '1s' } } }),
        ),
      ],
      'routes[5]: Envoy asks differently here',
    ],
    [
      'routes by identity headers that kept answers would not choose',
      [
        [`${ASKING}.clear_route_cache`, true],
        [`${SECOND}.typed_config.clear_route_cache`, undefined],
      ],
      'http_filters[0].typed_config.clear_route_cache: ext_authz lets identity headers choose',
    ],
  ])('%s', (_, changes, message) => {
    expect(check(changes).problems).toEqual([expect.stringContaining(message)]);
  });

  it('a strip that leaves out a spelling of a header with credentials, although the script is told of one', () => {
    const config = sallyportConfig(
      new URL('sallyport.yaml', TOP),
      ['maxStaleness: 1s', 'maxStaleness: 1s, keep: 700ms'],
      ['scope: "devices:list" }', 'scope: "devices:list", credentials: [authorization, { header: x-partner-key }] }'],
    );
    expect(check([], config).problems).toEqual([
      expect.stringContaining('filter_context.stripped: a client can send x-partner_key, '),
    ]);
  });

  it('a name of the configuration that the strip does not cover, and says which expression does', () => {
    const [keep, subject] = [
      ['maxStaleness: 1s', 'maxStaleness: 1s, keep: 700ms'],
      ['subject: x-auth-subject', 'subject: x-caller-id'],
    ] as const;
    const config = sallyportConfig(new URL('sallyport.yaml', TOP), keep, subject);
    const [problem = ''] = check([], config).problems;
    expect(problem).toContain('no mutation removes every spelling of x-caller-id; add `{"remove_on_match":');
    const [, mutation = ''] = /add `([^`]*)`/.exec(problem) ?? [];
    const added: Change = [`${STRIP}.0.typed_config.mutations.0`, { insert: parse(mutation) }];
    expect(check([added], config)).toEqual(NOTHING);
    const many = sallyportConfig(new URL('sallyport.yaml', TOP), keep);
    expect(check([[STRIP, undefined]], many).problems).toEqual([
      expect.stringContaining(
        'x-auth-subject, x-auth-scopes, x-auth-token-id and 21 more; copy early_header_mutation_extensions',
      ),
    ]);
  });

  it('a header that becomes metadata, by an alias of what another filter has', () => {
    const text = readFileSync(RIGHT, 'utf8')
      .replace('/etc/envoy/kept.lua', SCRIPT)
      .replace('http_filters:\n', `http_filters:\n${' '.repeat(18)}- ${JSON.stringify(toMetadata('envoy.lb'))}\n`)
      .replace(
        / +routes:\n/,
        (line) =>
          `${line.replace(/routes:\n/, 'typed_per_filter_config:')} { other: &rules ${JSON.stringify(toMetadata('sallyport.kept').typed_config)}, envoy.filters.http.header_to_metadata: *rules }\n${line}`,
      );
    expect(checkTexts([text], KEEPING).problems).toEqual([
      expect.stringContaining('metadata_namespace: it writes the metadata sallyport.kept'),
    ]);
  });

  it.each([
    ['inline_code', 'function envoy_on_request() end'],
    ['default_source_code', { inline_string: 'function envoy_on_request() end' }],
    ['source_codes', { other: { inline_string: 'function envoy_on_request() end' } }],
  ])('other code in the filter itself: %s', (field, value) => {
    expect(check([[`${FIRST}.typed_config.${field}`, value]]).problems).toEqual([
      expect.stringContaining('the code is not kept.lua of this version'),
    ]);
  });

  it('two listeners with one route configuration that ask differently', () => {
    const rds = { config_source: {}, route_config_name: 'main' };
    const one: readonly Change[] = [
      [`${MANAGER}.route_config`, undefined],
      [`${MANAGER}.rds`, rds],
    ];
    const { problems } = checkChanged(
      RIGHT,
      [
        ...one,
        ['static_resources.listeners.1', { copy: 'static_resources.listeners.0' }],
        [
          `${MANAGER.replace('listeners.0', 'listeners.1')}.http_filters.1.typed_config.metadata_context_namespaces`,
          ['a', 'sallyport.kept'],
        ],
      ],
      KEEPING,
    );
    expect(problems).toEqual([expect.stringContaining('another listener has the same routes but another ext_authz')]);
  });
});

describe('checkEnvoy() warns of', () => {
  it.each<Fault>([
    [
      'facts that are no list',
      [[`${OURS}.filter_context.facts`, 'subject']],
      'filter_context.facts: expected a list of names of the answer’s dynamic metadata',
    ],
    [
      'code that can read every fact, although not all are repeated',
      [
        [`${OURS}.filter_context.facts`, LOGGED],
        [
          `${FILTERS}.3`,
          {
            insert: filter('lua', 'Lua', {
              inline_code: 'x = "envoy.filters.http.ext_authz"',
            }),
          },
        ],
      ],
      'inline_code: it can read each name of the metadata envoy.filters.http.ext_authz',
    ],
    [
      'a matcher that is missing',
      [[MATCHER, undefined]],
      'http_filters[1]: a kept answer is asked about again, without its credential',
    ],
    [
      'deny_at_disable',
      [[`${ASKING}.deny_at_disable`, { default_value: true }]],
      'deny_at_disable: Envoy denies each request that a kept answer lets pass',
    ],
    [
      'hits that are not counted',
      [[`${ASKING}.metadata_context_namespaces`, ['a']]],
      'metadata_context_namespaces: Sallyport does not count the requests',
    ],
    [
      'metadata that Envoy drops',
      [[`${ASKING}.enable_dynamic_metadata_ingestion`, false]],
      'enable_dynamic_metadata_ingestion: Envoy drops how long',
    ],
    [
      'a second filter that is missing',
      [[SECOND, undefined]],
      'http_filters[0]: no answer is kept: put an empty Lua filter named sallyport.kept behind',
    ],
    [
      'a first filter that is missing',
      [[FIRST, undefined]],
      'http_filters[0]: no answer is used again: put an empty Lua filter',
    ],
    [
      'a filter between ext_authz and the second one',
      [[SECOND, { insert: filter('lua', 'Lua') }]],
      'http_filters[2]: the answer is kept with what this filter did to it',
    ],
    [
      'a filter that waits between the first one and ext_authz',
      [[`${FILTERS}.1`, { insert: filter('local_ratelimit', 'LocalRateLimit') }]],
      'http_filters[1]: a filter that waits or answers here',
    ],
    [
      'a script that is missing',
      [[OURS, undefined]],
      'route_config.typed_per_filter_config: no answer is kept: write the script under sallyport.kept',
    ],
    ['a script that is nowhere', [[CONFIGS, undefined]], 'route_config: no answer is kept'],
    [
      'a script under another name',
      [[`${CONFIGS}.envoy~filters~http~lua`, code(CODE)]],
      'envoy.filters.http.lua: the script of sallyport.kept keeps nothing under another name',
    ],
    [
      'a script at a virtual host',
      [[`${HOST}.typed_per_filter_config`, { 'sallyport.kept': code(CODE) }]],
      'virtual_hosts[0].typed_per_filter_config.sallyport.kept: code at a virtual host or a route has a memory of its own',
    ],
    [
      'a script in a filter',
      [[`${FIRST}.typed_config.default_source_code`, { inline_string: CODE }]],
      'http_filters[0].typed_config.default_source_code.inline_string: code in a filter has a memory of its own',
    ],
    [
      'a route that is looked up again',
      [[`${FIRST}.typed_config.clear_route_cache`, undefined]],
      'http_filters[0].typed_config: Envoy looks the route up again',
    ],
    [
      'a third filter',
      [
        [
          `${FILTERS}.3`,
          {
            insert: {
              name: 'sallyport.kept',
              typed_config: { '@type': `${TYPE}.lua.v3.Lua`, clear_route_cache: false },
            },
          },
        ],
      ],
      'http_filters[0]: 3 filters are named sallyport.kept',
    ],
  ])('%s', (_, changes, message) => {
    const { problems, warnings } = check(changes);
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [expect.stringContaining(message)] });
  });

  it('filters without revocation.keep, and revocation.keep without filters', () => {
    expect(check([], WITHOUT)).toEqual({
      ...NOTHING,
      warnings: [expect.stringContaining('http_filters[0]: Sallyport lets no answer be kept: set revocation.keep')],
    });
    expect(checkChanged(new URL('envoy.yaml', TOP), [], KEEPING)).toEqual({
      ...NOTHING,
      warnings: [expect.stringContaining('http_filters[0]: revocation.keep is set, but this Envoy keeps no answer')],
    });
  });

  it('answers over HTTP, which cannot be kept', () => {
    const file = new URL('deploy/gateways/envoy-http/envoy.yaml', TOP);
    const config = sallyportConfig(new URL('sallyport.yaml', TOP), [
      'verify: 127.0.0.1:9193',
      'verify: { address: 127.0.0.1:9193, mode: path }',
    ]);
    const lua = { name: 'sallyport.kept', typed_config: { '@type': `${TYPE}.lua.v3.Lua`, clear_route_cache: false } };
    expect(checkChanged(file, [[FIRST, { insert: lua }]], config).warnings).toContainEqual(
      expect.stringContaining('only answers over gRPC can be kept'),
    );
  });
});

describe('checkEnvoy() accepts', () => {
  it.each<readonly [what: string, changes: readonly Change[]]>([
    ['facts that name all that is read', [[`${OURS}.filter_context.facts`, LOGGED]]],
    [
      'filters in front of both that only read',
      [
        [FIRST, { insert: filter('cors', 'Cors') }],
        [FIRST, { insert: filter('ext_proc', 'ExternalProcessor') }],
      ],
    ],
    ['code in front that is off', [[FIRST, { insert: { ...filter('lua', 'Lua'), disabled: true } }]]],
    ['metadata in another namespace', [[FIRST, { insert: toMetadata('envoy.lb') }]]],
    ['code behind the second filter', [[`${FILTERS}.3`, { insert: filter('lua', 'Lua') }]]],
    [
      'a strip by a filter in front',
      [
        [STRIP, undefined],
        [FIRST, { insert: STRIPPER }],
      ],
    ],
    ['a route that differs by a header, if nothing is kept there', [beside({ ...OFF, ...KEEPS_NOTHING })]],
    ['a route that differs by a header and asks alike', [beside({})]],
    [
      'a route that differs by the method alone',
      [beside(OFF), [`${ROUTES}.5.match.headers`, [{ name: ':method', string_match: { exact: 'OPTIONS' } }]]],
    ],
    ['a route for another path that does not ask', [[`${ROUTES}.7.typed_per_filter_config`, OFF]]],
  ])('%s', (_, changes) => {
    expect(check(changes).problems).toEqual([]);
  });

  it('no strip, if the script looks at the names itself', () => {
    expect(
      check([
        [STRIP, undefined],
        [`${OURS}.filter_context`, undefined],
      ]),
    ).toMatchObject({ problems: [] });
  });
});

it('checkEnvoy() says that it cannot read the script of another machine', () => {
  expect(check([[`${OURS}.source_code`, { filename: '/etc/envoy/kept.lua' }]])).toEqual({
    ...NOTHING,
    unseen: [expect.stringContaining('source_code.filename: the code cannot be read here')],
  });
});
