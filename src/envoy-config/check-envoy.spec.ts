import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  type Change,
  checkChanged,
  checkTexts,
  findingsIn,
  MANAGER,
  type Messages,
  sallyportConfig,
} from '../../test/support/envoy/checked-envoy.ts';
import type { Config } from '../config/config.ts';

const TOP = new URL('../../', import.meta.url);
const RIGHT = new URL('envoy.yaml', TOP);
const SALLYPORT = sallyportConfig(new URL('sallyport.yaml', TOP));
const OVER_HTTP = sallyportConfig(new URL('sallyport.yaml', TOP), [
  'verify: 127.0.0.1:9193',
  'verify: { address: 127.0.0.1:9193, mode: path }',
]);
const NOTHING: Messages = { problems: [], warnings: [], unseen: [] };

const FILTERS = `${MANAGER}.http_filters`;
const ASKING = `${FILTERS}.0.typed_config`;
const HOST = `${MANAGER}.route_config.virtual_hosts.0`;
const ROUTES = `${HOST}.routes`;
const CLUSTER = 'static_resources.clusters.0';
const TYPE = 'type.googleapis.com/envoy.extensions';
const OFF = {
  'envoy.filters.http.ext_authz': { '@type': `${TYPE}.filters.http.ext_authz.v3.ExtAuthzPerRoute`, disabled: true },
};
const ON = {
  'envoy.filters.http.ext_authz': { '@type': `${TYPE}.filters.http.ext_authz.v3.ExtAuthzPerRoute`, check_settings: {} },
};
const ROUTE_TYPE = 'type.googleapis.com/envoy.config.route.v3';
/** A route as an action of a matcher. */
const CHOSEN = {
  '@type': `${ROUTE_TYPE}.Route`,
  match: { prefix: '/3rdparty/v1/devices' },
  route: { cluster: 'devices' },
  typed_per_filter_config: OFF,
};
const filter = (kind: string, message: string, more: object = {}) => ({
  name: `envoy.filters.http.${kind}`,
  typed_config: { '@type': `${TYPE}.filters.http.${kind}.v3.${message}`, ...more },
});

it.each([
  ['envoy.yaml', 'sallyport.yaml'],
  ['deploy/compose/envoy.yaml', 'deploy/compose/sallyport/sallyport.yaml'],
  ['deploy/mcp/envoy.yaml', 'deploy/mcp/sallyport.yaml'],
  ['deploy/kubernetes/overlays/envoy/envoy.yaml', 'deploy/kubernetes/base/sallyport.yaml'],
  ['deploy/kubernetes/overlays/sidecar/envoy.yaml', 'deploy/kubernetes/overlays/sidecar/sallyport.yaml'],
])('checkEnvoy() finds nothing in %s', (file, config) => {
  expect(checkChanged(new URL(file, TOP), [], sallyportConfig(new URL(config, TOP)))).toEqual(NOTHING);
});

it('checkEnvoy() finds nothing in the Envoy that asks over HTTP', () => {
  expect(checkChanged(new URL('deploy/gateways/envoy-http/envoy.yaml', TOP), [], OVER_HTTP)).toEqual(NOTHING);
});

const STRIP = `${MANAGER}.early_header_mutation_extensions`;
const LISTENER = 'static_resources.listeners.1';
const HTTP_LISTENER = (config: object) => ({
  filter_chains: [
    {
      filters: [
        {
          typed_config: {
            '@type': `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
            ...config,
          },
        },
      ],
    },
  ],
});
/** Sets a header to what the client sent under another name. */
const copied = (key: string, value = '%REQ(x-user)%') => ({ header: { key, value } });
const mutating = (...mutations: readonly object[]) =>
  filter('header_mutation', 'HeaderMutation', { mutations: { request_mutations: mutations } });
/** A second filter that asks Sallyport on one route alone, and the first one on the others, as Envoy Gateway writes policies. */
const TWO_POLICIES: readonly Change[] = [
  [`${FILTERS}.1`, { insert: {} }],
  [`${FILTERS}.1`, { copy: `${FILTERS}.0` }],
  [`${FILTERS}.1.name`, 'envoy.filters.http.ext_authz/other'],
  [`${FILTERS}.1.disabled`, true],
  [
    `${ROUTES}.6.typed_per_filter_config`,
    { ...OFF, 'envoy.filters.http.ext_authz/other': ON['envoy.filters.http.ext_authz'] },
  ],
];

/** What is changed in envoy.yaml, and the beginning of the finding. */
type Fault = readonly [what: string, changes: readonly Change[], message: string];

const DISGUISED = { patterns: [{ prefix: 'x_' }] };
const ALL_BUT_OURS = { disallow_all: true, allow_expression: { regex: 'authorization|script-name|forwarded|x-.*' } };
const WITHOUT_STRIP: Change = [`${MANAGER}.early_header_mutation_extensions`, undefined];

describe('checkEnvoy() refuses', () => {
  it.each<Fault>([
    [
      'failure_mode_allow: true',
      [[`${ASKING}.failure_mode_allow`, true]],
      'http_filters[0].typed_config.failure_mode_allow: every request passes while Envoy cannot reach Sallyport',
    ],
    [
      'the same in camelCase',
      [
        [`${ASKING}.failure_mode_allow`, undefined],
        [`${ASKING}.failureModeAllow`, true],
      ],
      'http_filters[0].typed_config.failureModeAllow: every request passes',
    ],
    // Envoy reads YAML 1.1, in which these are booleans.
    ...['yes', 'On', 'y', 'TRUE'].map(
      (value): Fault => [
        `failure_mode_allow: ${value}`,
        [[`${ASKING}.failure_mode_allow`, value]],
        'http_filters[0].typed_config.failure_mode_allow: every request passes',
      ],
    ),
    ...(
      [
        ['without certificates to trust', {}],
        ['that accepts each certificate', { validation_context: { trust_chain_verification: 'ACCEPT_UNTRUSTED' } }],
      ] as const
    ).map(
      ([what, common_tls_context]): Fault => [
        `TLS to Sallyport ${what}`,
        [[`${CLUSTER}.transport_socket`, { name: 'tls', typed_config: { common_tls_context } }]],
        'common_tls_context',
      ],
    ),
    [
      'the same under both names of the field, of which Envoy takes one',
      [[`${ASKING}.failureModeAllow`, true]],
      'failure_mode_allow: written twice, also in camelCase',
    ],
    [
      'the same in the second of two filters that ask',
      [...TWO_POLICIES, [`${FILTERS}.1.typed_config.failure_mode_allow`, true]],
      'http_filters[1].typed_config.failure_mode_allow: every request passes',
    ],
    [
      'the same in the default of a filter by ECDS',
      [
        [`${FILTERS}.0.config_discovery`, { config_source: { ads: {} } }],
        [`${FILTERS}.0.config_discovery.default_config`, { copy: ASKING }],
        [ASKING, undefined],
        [`${FILTERS}.0.config_discovery.default_config.failure_mode_allow`, true],
      ],
      'http_filters[0].config_discovery.default_config.failure_mode_allow: every request passes',
    ],
    [
      'the same in a connection manager within a TypedStruct',
      [
        [LISTENER, HTTP_LISTENER({})],
        [
          `${LISTENER}.filter_chains.0.filters.0.typed_config`,
          {
            '@type': 'type.googleapis.com/xds.type.v3.TypedStruct',
            type_url: `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
          },
        ],
        [`${LISTENER}.filter_chains.0.filters.0.typed_config.value`, { copy: MANAGER }],
        [
          `${LISTENER}.filter_chains.0.filters.0.typed_config.value.http_filters.0.typed_config.failure_mode_allow`,
          true,
        ],
      ],
      'http_filters[0].typed_config.failure_mode_allow: every request passes',
    ],
    ...(
      [
        ['a route', `${ROUTES}.6`],
        ['a virtual host', HOST],
        ['the route configuration', `${MANAGER}.route_config`],
      ] as const
    ).map(
      ([what, path]): Fault => [
        `an identity header that ${what} takes from the client`,
        [[`${path}.request_headers_to_add`, [copied('X-Auth-Subject')]]],
        'request_headers_to_add[0].header.key: services read this beside what Sallyport says',
      ],
    ),
    [
      'the same in another spelling, by a filter behind ext_authz',
      [[`${FILTERS}.1`, { insert: mutating({ append: copied('x_auth.subject') }) }]],
      'http_filters[1].typed_config.mutations.request_mutations[0].append.header.key: services read this',
    ],
    [
      'the same by such a filter on a route',
      [
        [`${FILTERS}.1`, { insert: mutating() }],
        [
          `${ROUTES}.6.typed_per_filter_config`,
          {
            'envoy.filters.http.header_mutation': {
              mutations: { request_mutations: [{ append: copied('x-auth-issuer') }] },
            },
          },
        ],
      ],
      'append.header.key: services read this beside what Sallyport says',
    ],
    [
      'an identity header that Envoy takes from the client where it does not ask',
      [
        [`${STRIP}.0.typed_config.mutations.5`, { append: copied('x-auth-subject') }],
        [`${ROUTES}.7.typed_per_filter_config`, OFF],
      ],
      'append.header.key: where Sallyport sets none, services read this',
    ],
    [
      'rules by which Envoy applies nothing of an answer',
      [[`${ASKING}.decoder_header_mutation_rules`, { disallow_all: true }]],
      'decoder_header_mutation_rules: Envoy leaves x-auth-subject, ',
    ],
    [
      'rules by which a credential stays',
      [[`${ASKING}.decoder_header_mutation_rules`, { disallow_expression: { regex: 'auth.*' } }]],
      'decoder_header_mutation_rules: Envoy leaves authorization as the client sent it',
    ],
    [
      'an upgrade with filters of its own',
      [[`${MANAGER}.upgrade_configs`, [{ upgrade_type: 'websocket', filters: [filter('router', 'Router')] }]]],
      'upgrade_configs[0].filters: requests with this upgrade pass these filters instead',
    ],
    [
      'an upgrade whose own ext_authz lets requests pass in an outage',
      [
        [`${MANAGER}.upgrade_configs`, [{ upgrade_type: 'websocket', filters: [0, 1] }]],
        [`${MANAGER}.upgrade_configs.0.filters.0`, { copy: `${FILTERS}.0` }],
        [`${MANAGER}.upgrade_configs.0.filters.1`, { copy: `${FILTERS}.1` }],
        [`${MANAGER}.upgrade_configs.0.filters.0.typed_config.failure_mode_allow`, true],
      ],
      'upgrade_configs[0].filters[0].typed_config.failure_mode_allow: every request passes',
    ],
    [
      'shadow_mode',
      [[`${ASKING}.shadow_mode`, true]],
      'http_filters[0].typed_config.shadow_mode: Envoy lets pass what',
    ],
    [
      'a filter that is off',
      [[`${FILTERS}.0.disabled`, true]],
      'http_filters[0].disabled: ext_authz is off, and no route turns it on',
    ],
    [
      'a share of the requests',
      [[`${ASKING}.filter_enabled`, { default_value: { numerator: 99 } }]],
      'http_filters[0].typed_config.filter_enabled: Envoy asks about a part of the requests, and the others pass',
    ],
    [
      'a share of the requests whose unit is a number',
      [[`${ASKING}.filter_enabled`, { default_value: { numerator: 100, denominator: 1 } }]],
      'http_filters[0].typed_config.filter_enabled: Envoy asks about a part of the requests, and the others pass',
    ],
    [
      'a status of success',
      [[`${ASKING}.status_on_error`, { code: 'OK' }]],
      'http_filters[0].typed_config.status_on_error.code: clients and caches take an outage for success',
    ],
    [
      'metadata of another filter that turns ext_authz off',
      [
        [
          `${ASKING}.filter_enabled_metadata`,
          { filter: 'envoy.lb', path: [{ key: 'a' }], value: { present_match: true } },
        ],
      ],
      'http_filters[0].typed_config.filter_enabled_metadata: metadata of other filters turns ext_authz off',
    ],
    ...['cache', 'file_server', 'mcp_router', 'router'].map(
      (kind): Fault => [
        `${kind} in front of ext_authz`,
        [[`${FILTERS}.0`, { insert: filter(kind, 'Config') }]],
        'http_filters[0]: it answers requests, or sends them on, before Envoy asks',
      ],
    ),
    [
      'a cache that a composite filter chooses',
      [
        [
          `${FILTERS}.0`,
          {
            insert: filter('composite', 'Composite', {
              named_filter_chains: { a: { typed_config: [filter('cache', 'CacheConfig')] } },
            }),
          },
        ],
      ],
      'http_filters[0]: it answers requests, or sends them on',
    ],
    ['no ext_authz', [[`${FILTERS}.0`, undefined]], ': Envoy asks Sallyport about no request'],
    [
      'identity headers that a client can send where Envoy does not ask',
      [WITHOUT_STRIP, [`${ROUTES}.7.typed_per_filter_config`, OFF]],
      ': where Envoy does not ask, a client can send x-auth-subject, ',
    ],
    [
      'a path that Envoy alone compares and does not repair',
      [
        [`${MANAGER}.normalize_path`, undefined],
        [`${ROUTES}.7.typed_per_filter_config`, OFF],
      ],
      ': a request can reach a service by a route on which Envoy does not ask',
    ],
    [
      'hidden spellings of identity headers that nothing removes',
      [[`${ASKING}.disallowed_headers`, DISGUISED], WITHOUT_STRIP],
      'http_filters[0].typed_config.disallowed_headers: a client can send x_auth-subject, ',
    ],
  ])('%s', (_, changes, message) => {
    const { problems } = checkChanged(RIGHT, changes, SALLYPORT);
    expect(problems).toEqual([expect.stringContaining(message)]);
  });

  it('an Envoy over HTTP that passes on the identity headers of clients', () => {
    const response = `${ASKING}.http_service.authorization_response`;
    const file = new URL('deploy/gateways/envoy-http/envoy.yaml', TOP);
    const problems = (...changes: readonly Change[]) => checkChanged(file, changes, OVER_HTTP).problems;
    const some: Change = [`${response}.allowed_upstream_headers`, { patterns: [{ exact: 'x-auth-subject' }] }];
    const left = 'upstreams read identity headers as the client sent them: name ';
    expect(problems([`${response}.allowed_upstream_headers`, undefined])).toEqual([
      expect.stringContaining(`${left}x-auth-subject, x-auth-scopes`),
    ]);
    expect(problems(some, [STRIP, undefined])).toEqual([
      expect.stringContaining(`${left}x-auth-scopes, x-auth-token-id`),
    ]);
    // Envoy removes what the client sent.
    expect(problems(some)).toEqual([]);
    expect(
      problems([`${response}.allowed_upstream_headers_to_append`, { patterns: [{ prefix: 'x-auth-s' }] }]),
    ).toEqual([
      expect.stringContaining('Envoy adds x-auth-subject, x-auth-scopes, x-auth-scheme to what the client sent'),
    ]);
  });
});

const WITH_DPOP = sallyportConfig(new URL('sallyport.yaml', TOP), [
  'routes: #',
  'dpop: { origins: ["https://api.example.com"] }\nroutes: #',
]);

describe('checkEnvoy() warns of', () => {
  it.each<Fault>([
    ...(
      [
        ['normalize_path', 'Sallyport refuses paths with dot segments'],
        ['merge_slashes', 'Sallyport refuses paths with doubled slashes'],
        ['path_with_escaped_slashes_action', 'Sallyport refuses paths with an encoded slash'],
        ['common_http_protocol_options', 'many services read x_auth_subject'],
        ['use_remote_address', 'clients choose the address in x-forwarded-for'],
        ['early_header_mutation_extensions', 'only Sallyport, and only as far as it sees headers'],
      ] as const
    ).map(([key, message]): Fault => [`${key} that is missing`, [[`${MANAGER}.${key}`, undefined]], `: ${message}`]),
    [
      'encoded slashes that stay',
      [[`${MANAGER}.path_with_escaped_slashes_action`, 'KEEP_UNCHANGED']],
      'path_with_escaped_slashes_action: Sallyport refuses',
    ],
    [
      'override headers that stay',
      [[`${MANAGER}.early_header_mutation_extensions.0.typed_config.mutations.2`, undefined]],
      'early_header_mutation_extensions: a client can send script-name, ',
    ],
    [
      'encode_raw_headers that is missing',
      [[`${ASKING}.encode_raw_headers`, undefined]],
      'http_filters[0].typed_config: fields that a client sends twice',
    ],
    [
      'a time-out that is too short',
      [[`${ASKING}.grpc_service.timeout`, '0.15s']],
      'http_filters[0].typed_config.grpc_service.timeout: Envoy waits 150 ms, but Sallyport may take 150 ms',
    ],
    [
      'a time-out without end',
      [[`${ASKING}.grpc_service.timeout`, '0s']],
      'http_filters[0].typed_config.grpc_service.timeout: Envoy waits without end',
    ],
    [
      'the time-out of a route',
      [
        [
          `${ROUTES}.5.typed_per_filter_config`,
          {
            'envoy.filters.http.ext_authz': {
              check_settings: { grpc_service: { envoy_grpc: { cluster_name: 'sallyport' }, timeout: '0.1s' } },
            },
          },
        ],
      ],
      'route_config.virtual_hosts[0].routes[5].typed_per_filter_config.envoy.filters.http.ext_authz.check_settings.grpc_service.timeout: Envoy waits 100 ms',
    ],
    [
      'status_on_error that is missing',
      [[`${ASKING}.status_on_error`, undefined]],
      'http_filters[0].typed_config: clients read 403 while Envoy cannot reach',
    ],
    [
      'transport_api_version that is missing',
      [[`${ASKING}.transport_api_version`, undefined]],
      'http_filters[0].typed_config: Sallyport speaks version 3',
    ],
    [
      'a body',
      [[`${ASKING}.with_request_body`, { max_request_bytes: 8192 }]],
      'http_filters[0].typed_config.with_request_body: Sallyport reads no body',
    ],
    [
      'a runtime value that can turn ext_authz off',
      [[`${ASKING}.filter_enabled`, { runtime_key: 'a', default_value: { numerator: 100 } }]],
      'http_filters[0].typed_config.filter_enabled: a runtime value can turn ext_authz off',
    ],
    [
      'a share of the requests, the others denied',
      [
        [`${ASKING}.filter_enabled`, { default_value: { numerator: 500_000, denominator: 'MILLION' } }],
        [`${ASKING}.deny_at_disable`, { default_value: true }],
      ],
      'http_filters[0].typed_config.filter_enabled: Envoy asks about a part of the requests, and Envoy denies the others',
    ],
    [
      'a list of allowed headers without Authorization',
      [[`${ASKING}.allowed_headers`, { patterns: [{ exact: 'x-request-id' }] }]],
      'http_filters[0].typed_config.allowed_headers: Sallyport needs authorization and does not see it',
    ],
    [
      'a cluster without HTTP/2',
      [[`${CLUSTER}.typed_extension_protocol_options`, undefined]],
      'clusters[0]: gRPC needs HTTP/2',
    ],
    [
      'no health check of several endpoints',
      [
        [`${CLUSTER}.type`, 'STRICT_DNS'],
        [`${CLUSTER}.health_checks`, undefined],
      ],
      'clusters[0]: Envoy keeps asking an endpoint that is gone',
    ],
    [
      'the panic threshold of several endpoints',
      [
        [`${CLUSTER}.type`, 'STRICT_DNS'],
        [`${CLUSTER}.common_lb_config`, undefined],
      ],
      'clusters[0]: once that share of the endpoints is not healthy',
    ],
    [
      'a route without a question that Sallyport protects',
      [[`${ROUTES}.6.typed_per_filter_config`, OFF]],
      "envoy.filters.http.ext_authz: ext_authz is off for paths of which sallyport.yaml does not make all public, such as '/3rdparty/v1/devices'",
    ],
    [
      'one of several weighted clusters without a question',
      [
        [
          `${ROUTES}.6.route`,
          {
            weighted_clusters: {
              clusters: [
                { name: 'devices', weight: 1, typed_per_filter_config: OFF },
                { name: 'messages', weight: 1, typed_per_filter_config: ON },
              ],
            },
          },
        ],
      ],
      'weighted_clusters.clusters[0].typed_per_filter_config.envoy.filters.http.ext_authz: ext_authz is off for paths',
    ],
    [
      'a route without a question that a matcher chooses',
      [
        [`${HOST}.matcher`, { on_no_match: { action: { name: 'route', typed_config: CHOSEN } } }],
        [`${HOST}.routes`, undefined],
      ],
      'on_no_match.action.typed_config.typed_per_filter_config.envoy.filters.http.ext_authz: ext_authz is off for paths',
    ],
    [
      'a route without a question in a list that a matcher chooses',
      [
        [
          `${HOST}.matcher`,
          {
            matcher_tree: {
              exact_match_map: {
                map: {
                  a: {
                    action: {
                      name: 'routes',
                      typed_config: { '@type': `${ROUTE_TYPE}.RouteList`, routes: [CHOSEN] },
                    },
                  },
                },
              },
            },
          },
        ],
        [`${HOST}.routes`, undefined],
      ],
      'typed_config.routes[0].typed_per_filter_config.envoy.filters.http.ext_authz: ext_authz is off for paths',
    ],
    [
      'rules by which Envoy refuses what an answer does',
      [[`${ASKING}.decoder_header_mutation_rules`, { disallow_all: true, disallow_is_error: true }]],
      'decoder_header_mutation_rules: Envoy refuses each request of which',
    ],
    [
      'a route without a question by an expression',
      [
        [`${ROUTES}.7.typed_per_filter_config`, OFF],
        [`${ROUTES}.7.match`, { safe_regex: { regex: '/h.*' } }],
      ],
      'envoy.filters.http.ext_authz: ext_authz is off for paths that cannot be compared',
    ],
    [
      'a filter that is optional',
      [[`${FILTERS}.0.is_optional`, true]],
      'http_filters[0].is_optional: an Envoy that was built without ext_authz ignores it',
    ],
    [
      'a strip by an expression of which JavaScript reads another meaning',
      [
        [`${STRIP}.0.typed_config.mutations.0`, undefined],
        [
          `${STRIP}.0.typed_config.mutations.0.remove_on_match.key_matcher.safe_regex.regex`,
          'x[[:punct:]]auth[[:punct:]].*',
        ],
      ],
      'early_header_mutation_extensions: only Sallyport, and only as far as it sees headers',
    ],
    [
      'a route that asks another service',
      [
        [
          `${ROUTES}.6.typed_per_filter_config`,
          {
            'envoy.filters.http.ext_authz': {
              check_settings: { grpc_service: { envoy_grpc: { cluster_name: 'devices' }, timeout: '1s' } },
            },
          },
        ],
      ],
      "check_settings: cluster 'devices' decides about the requests of this route",
    ],
    [
      'an identity header that a route sets itself',
      [[`${ROUTES}.6.request_headers_to_add`, [copied('x-auth-subject', 'nobody')]]],
      'request_headers_to_add[0].header.key: services read this',
    ],
    [
      'an identity header that a route takes from what Sallyport said',
      [
        [
          `${ROUTES}.6.request_headers_to_add`,
          [copied('x-auth-subject', '%DYNAMIC_METADATA(envoy.filters.http.ext_authz:subject)%')],
        ],
      ],
      'request_headers_to_add[0].header.key: services read this',
    ],
    [
      'an identity header that Envoy takes from the client in front of ext_authz',
      [[`${STRIP}.0.typed_config.mutations.5`, { append: copied('x-auth-subject') }]],
      'append.header.key: where Sallyport sets none, services read this',
    ],
    [
      'a service that the client chooses',
      [[`${ROUTES}.6.route`, { cluster_header: 'x-cluster' }]],
      'cluster_header: clients choose the service that receives the request by the header x-cluster',
    ],
    [
      'a host that the client chooses',
      [[`${ROUTES}.6.route.host_rewrite_header`, 'x-site']],
      'host_rewrite_header: clients choose the host that the service reads by the header x-site',
    ],
    [
      'a log that holds credentials',
      [[`${MANAGER}.access_log.0.typed_config.log_format.json_format.who`, 'as %REQ(x-user?Authorization):20%']],
      'json_format.who: the log holds authorization',
    ],
    [
      'a logger over gRPC that is sent credentials',
      [[`${MANAGER}.access_log.1`, { typed_config: { additional_request_headers_to_log: ['Authorization'] } }]],
      'additional_request_headers_to_log[0]: the log holds authorization',
    ],
    [
      'bytes that a listener passes on to a service',
      [
        [
          LISTENER,
          {
            filter_chains: [
              {
                filters: [
                  { typed_config: { '@type': `${TYPE}.filters.network.tcp_proxy.v3.TcpProxy`, cluster: 'devices' } },
                ],
              },
            ],
          },
        ],
      ],
      'typed_config.cluster: clients reach devices here without a question',
    ],
    [
      'a second listener that does not ask',
      [
        [
          'static_resources.listeners.1',
          {
            filter_chains: [
              {
                filters: [
                  {
                    typed_config: {
                      '@type': `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
                      http_filters: [],
                    },
                  },
                ],
              },
            ],
          },
        ],
      ],
      'http_filters: this listener asks Sallyport about no request',
    ],
  ])('%s', (_, changes, message) => {
    const { problems, warnings } = checkChanged(RIGHT, changes, SALLYPORT);
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [expect.stringContaining(message)] });
  });

  it.each<readonly [...Fault, config: Config]>([
    [
      'the default of the time-out, if it is too short',
      [[`${ASKING}.grpc_service.timeout`, undefined]],
      'http_filters[0].typed_config.grpc_service: Envoy waits 200 ms, but Sallyport may take 300 ms',
      sallyportConfig(new URL('sallyport.yaml', TOP), ['decision: 150ms', 'decision: 300ms']),
    ],
    [
      'a hidden DPoP proof',
      [[`${ASKING}.disallowed_headers`, { patterns: [{ exact: 'DPoP', ignore_case: true }] }]],
      'http_filters[0].typed_config.disallowed_headers: Sallyport needs dpop and does not see it',
      WITH_DPOP,
    ],
    [
      'a cluster without TLS',
      [],
      "clusters[0]: Sallyport's listener requires TLS",
      sallyportConfig(new URL('sallyport.yaml', TOP), [
        'extAuthz: 127.0.0.1:9191',
        'extAuthz: { address: "127.0.0.1:9191", tls: { cert: ./a, key: ./b } }',
      ]),
    ],
  ])('%s', (_, changes, message, config) => {
    expect(checkChanged(RIGHT, changes, config)).toMatchObject({
      problems: [],
      warnings: [expect.stringContaining(message)],
    });
  });
});

it('checkEnvoy() warns of routes at an MCP server whose messages nothing reads', () => {
  const config = sallyportConfig(new URL('deploy/mcp/sallyport.yaml', TOP));
  const file = new URL('deploy/mcp/envoy.yaml', TOP);
  const warnings = (...changes: readonly Change[]) => checkChanged(file, changes, config).warnings;
  const denies = 'Sallyport denies each call of an MCP tool';
  expect(warnings([`${FILTERS}.0`, undefined])).toEqual([expect.stringContaining(`http_filters[0]: ${denies}`)]);
  expect(warnings([`${FILTERS}.1.typed_config.metadata_context_namespaces`, ['other']])).toEqual([
    expect.stringContaining(`metadata_context_namespaces: ${denies}`),
  ]);
});

describe('checkEnvoy() accepts', () => {
  it.each<readonly [what: string, changes: readonly Change[]]>([
    ['a public route without a question', [[`${ROUTES}.7.typed_per_filter_config`, OFF]]],
    [
      'the same by FilterConfig',
      [
        [
          `${ROUTES}.7.typed_per_filter_config`,
          {
            'envoy.filters.http.ext_authz': {
              '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig',
              disabled: true,
            },
          },
        ],
      ],
    ],
    ['a public prefix without a question', [[`${ROUTES}.1.typed_per_filter_config`, OFF]]],
    ['a response of Envoy itself without a question', [[`${ROUTES}.8.typed_per_filter_config`, OFF]]],
    ['the filter cors in front of ext_authz', [[`${FILTERS}.0`, { insert: filter('cors', 'Cors') }]]],
    ['limits in front of ext_authz', [[`${FILTERS}.0`, { insert: filter('local_ratelimit', 'LocalRateLimit') }]]],
    ['code in front of ext_authz, if nothing is kept', [[`${FILTERS}.0`, { insert: filter('lua', 'Lua') }]]],
    [
      'a TypedStruct',
      [
        [
          ASKING,
          {
            '@type': 'type.googleapis.com/xds.type.v3.TypedStruct',
            type_url: `${TYPE}.filters.http.ext_authz.v3.ExtAuthz`,
            value: {
              transport_api_version: 2,
              grpc_service: { envoy_grpc: { cluster_name: 'sallyport' } },
              status_on_error: { code: 503 },
              encode_raw_headers: true,
            },
          },
        ],
      ],
    ],
    ['rules that forbid nothing of an answer', [[`${ASKING}.decoder_header_mutation_rules`, ALL_BUT_OURS]]],
    ['an upgrade', [[`${MANAGER}.upgrade_configs`, [{ upgrade_type: 'websocket' }]]]],
    ['two filters that ask, each on other routes', TWO_POLICIES],
    [
      'a log that holds the scheme of a credential',
      [[`${MANAGER}.access_log.0.typed_config.log_format.json_format.how`, '%REQ(AUTHORIZATION):6%']],
    ],
    ['failure_mode_allow_header_add alone', [[`${ASKING}.failure_mode_allow_header_add`, true]]],
    [
      'TLS to Sallyport with certificates from a secret',
      [
        [
          `${CLUSTER}.transport_socket`,
          { typed_config: { common_tls_context: { validation_context_sds_secret_config: { name: 'ca' } } } },
        ],
      ],
    ],
    [
      'a listener that only redirects',
      [
        [
          LISTENER,
          HTTP_LISTENER({
            http_filters: [filter('router', 'Router')],
            route_config: {
              virtual_hosts: [{ routes: [{ match: { prefix: '/' }, redirect: { https_redirect: true } }] }],
            },
          }),
        ],
      ],
    ],
    [
      'a header of another name by a route',
      [[`${ROUTES}.6.request_headers_to_add`, [copied('x-request-start', '%START_TIME%')]]],
    ],
    [
      'a service by a header that Envoy removes first',
      [
        [`${ROUTES}.6.route`, { cluster_header: 'X-Cluster' }],
        [`${STRIP}.0.typed_config.mutations.0`, { insert: { remove: 'x-cluster' } }],
      ],
    ],
    ['a service by an identity header', [[`${ROUTES}.6.route`, { cluster_header: 'x-auth-issuer' }]]],
    [
      'a filter that answers and is off',
      [[`${FILTERS}.0`, { insert: { ...filter('cache', 'CacheConfig'), disabled: true } }]],
    ],
    [
      'values of YAML 1.1',
      [
        [`${MANAGER}.normalize_path`, 'yes'],
        [`${ASKING}.failure_mode_allow`, 'no'],
      ],
    ],
    [
      'a proxy in front',
      [
        [`${MANAGER}.use_remote_address`, false],
        [`${MANAGER}.xff_num_trusted_hops`, 1],
      ],
    ],
  ])('%s', (_, changes) => {
    expect(checkChanged(RIGHT, changes, SALLYPORT)).toEqual(NOTHING);
  });
});

describe('checkEnvoy() says what the files do not contain', () => {
  it.each<Fault>([
    [
      'listeners by xDS',
      [['dynamic_resources', { lds_config: { path: '/a' } }]],
      'dynamic_resources.lds_config: listeners, clusters or filters that come from here',
    ],
    [
      'routes by RDS',
      [
        [`${MANAGER}.route_config`, undefined],
        [`${MANAGER}.rds`, { route_config_name: 'main' }],
      ],
      'rds.route_config_name: the routes are in none of the files',
    ],
    [
      'virtual hosts by VHDS',
      [[`${MANAGER}.route_config.vhds`, { config_source: {} }]],
      'vhds: the virtual hosts that come from here are in none of the files',
    ],
    [
      'a cluster',
      [[`${CLUSTER}.name`, 'other']],
      "envoy_grpc.cluster_name: cluster 'sallyport' is in none of the files",
    ],
    [
      'a filter by ECDS',
      [[`${FILTERS}.0`, { insert: { name: 'a', config_discovery: {} } }]],
      'http_filters[0]: what this filter in front of ext_authz does is in none',
    ],
    [
      'ext_authz by ECDS',
      [
        [`${FILTERS}.0.config_discovery`, { config_source: { ads: {} } }],
        [`${FILTERS}.0.name`, 'envoy.filters.http.ext_authz/policy'],
        [ASKING, undefined],
      ],
      'http_filters[0]: the configuration of this ext_authz is in none of the files',
    ],
    [
      'a connection manager by ECDS',
      [[LISTENER, { filter_chains: [{ filters: [{ name: 'a', config_discovery: { config_source: { ads: {} } } }] }] }]],
      'filters[0].config_discovery: listeners, clusters or filters that come from here',
    ],
    [
      'filter chains by xDS',
      [[LISTENER, { fcds_config: { config_source: { ads: {} } } }]],
      'fcds_config: listeners, clusters or filters that come from here',
    ],
    [
      'ext_authz by a matcher',
      [
        [
          `${FILTERS}.0`,
          {
            name: 'a',
            typed_config: {
              '@type': 'type.googleapis.com/envoy.extensions.common.matching.v3.ExtensionWithMatcher',
              extension_config: filter('ext_authz', 'ExtAuthz'),
            },
          },
        ],
      ],
      'http_filters[0]: whether this filter asks depends on the request',
    ],
    [
      'a filter that Sallyport does not know',
      [[`${FILTERS}.0`, { insert: filter('ours', 'Ours') }]],
      'http_filters[0]: Sallyport does not know what this filter',
    ],
  ])('%s', (_, changes, message) => {
    const { problems, unseen } = checkChanged(RIGHT, changes, SALLYPORT);
    expect({ problems, unseen }).toEqual({ problems: [], unseen: [expect.stringContaining(message)] });
  });

  it('the conditions under which Envoy asks in Istio', () => {
    const matcher = {
      filter: 'envoy.filters.http.rbac',
      path: [{ key: 'istio-ext-authz-shadow_effective_policy_id' }],
      value: { string_match: { prefix: 'istio-ext-authz' } },
    };
    expect(checkChanged(RIGHT, [[`${ASKING}.filter_enabled_metadata`, matcher]], SALLYPORT)).toEqual({
      ...NOTHING,
      unseen: [expect.stringContaining('Envoy asks where the RBAC filter in front says so')],
    });
  });

  it('and finds it in another file', () => {
    const text = readFileSync(RIGHT, 'utf8');
    const routes = `name: main\nvirtual_hosts: [{ name: a, domains: ["*"], routes: [{ match: { prefix: /3rdparty }, route: { cluster: a }, typed_per_filter_config: ${JSON.stringify(OFF)} }] }]\n`;
    const bootstrap = text.replace(
      /route_config:[^]*?\n {2}clusters:/,
      'rds: { route_config_name: main }\n  clusters:',
    );
    const { warnings, unseen } = findingsIn([bootstrap, routes], SALLYPORT);
    expect(unseen).toEqual([]);
    expect(warnings).toEqual([expect.objectContaining({ file: '1.yaml', line: 2 })]);
  });
});

describe('checkEnvoy() reads', () => {
  it('the place of a fault', () => {
    const text = readFileSync(RIGHT, 'utf8').replace('failure_mode_allow: false', 'failure_mode_allow: true');
    const before = text.slice(0, text.indexOf('failure_mode_allow: true')).split('\n');
    const column = (before.at(-1) ?? '').length + 'failure_mode_allow: '.length + 1;
    expect(findingsIn([text], SALLYPORT).problems).toEqual([
      expect.objectContaining({ file: '0.yaml', line: before.length, column }),
    ]);
  });

  it('a listener by itself', () => {
    const [, listener = ''] = /listeners:\n {4}- ([^]*?)\n {2}clusters:/.exec(readFileSync(RIGHT, 'utf8')) ?? [];
    const text = listener.replaceAll('\n      ', '\n');
    expect(checkTexts([text], SALLYPORT)).toMatchObject({ problems: [], warnings: [] });
    expect(
      checkTexts([text.replace('failure_mode_allow: false', 'failure_mode_allow: true')], SALLYPORT).problems,
    ).toHaveLength(1);
  });

  it('what /config_dump prints: what is in force, once', () => {
    const { static_resources: parts } = parse(readFileSync(RIGHT, 'utf8'));
    const dump = (listener: object): string =>
      JSON.stringify({
        configs: [
          { '@type': 'type.googleapis.com/envoy.admin.v3.BootstrapConfigDump', bootstrap: { static_resources: parts } },
          {
            '@type': 'type.googleapis.com/envoy.admin.v3.ClustersConfigDump',
            static_clusters: [
              { cluster: { '@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster', ...parts.clusters[0] } },
            ],
          },
          {
            '@type': 'type.googleapis.com/envoy.admin.v3.ListenersConfigDump',
            dynamic_listeners: [
              { active_state: { listener }, error_state: { failed_configuration: parts.listeners[0] } },
            ],
          },
        ],
      });
    expect(checkTexts([dump(parts.listeners[0])], SALLYPORT)).toEqual(NOTHING);
    const text = JSON.stringify(parts.listeners[0]).replace('"failure_mode_allow":false', '"failure_mode_allow":true');
    expect(checkTexts([dump(JSON.parse(text))], SALLYPORT).problems).toHaveLength(1);
  });

  it('what Envoy Gateway makes of our overlay', () => {
    const text = readFileSync(new URL('test/support/kubernetes/envoy-gateway.json', TOP), 'utf8');
    const config = sallyportConfig(new URL('deploy/kubernetes/base/sallyport.yaml', TOP));
    expect(checkTexts([text], config)).toMatchObject({
      problems: [],
      // SecurityPolicy has no field for the first, and Kubernetes removes endpoints that are gone.
      warnings: [expect.stringContaining('set encode_raw_headers: true'), expect.stringContaining('add health_checks')],
    });
  });

  it('a file that is no Envoy configuration', () => {
    expect(checkTexts(['a: 1'], SALLYPORT).problems).toEqual([expect.stringContaining('no HTTP connection manager')]);
    expect(checkTexts(['a: ['], SALLYPORT).problems).toHaveLength(1);
  });
});
