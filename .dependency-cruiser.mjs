/**
 * The direction of imports: main → cli → app → edge → use cases → nouns → core and lib. Lists everything that each folder
 * of `src` may import besides itself; all other imports are errors.
 */
const CORE = '^src/core/';
const LIB = '^src/lib/';
const AUDIT = '^src/audit/';
const CONFIG_TYPES = '^src/config/(config|issuer-config|secret|client-tls|telemetry-config|transport-config)\\.ts$';
const REVOCATION_SET = '^src/revocation-set/';
const ACCOUNTS = '^src/accounts/';

/** The files with the store interfaces, and those that every store needs besides. */
const STORE_INTERFACES = [
  '^src/tokens/(token|idempotency-store)\\.ts$',
  '^src/signing/signing-key-store\\.ts$',
  '^src/verification/basic/basic-use\\.ts$',
  '^src/verification/dpop/used-proof-store\\.ts$',
  '^src/accounts/(account|account-store)\\.ts$',
  '^src/accounts/guesses/(log-in-history-store|guess-budget)\\.ts$',
  '^src/revocation-set/(entry|entry-keys|entry-merge|epoch|revocation-store)\\.ts$',
];

const PLACES = {
  core: [],
  authorizer: [CORE],
  // A library of its own.
  http2: [],
  lib: [CORE],
  audit: [],
  config: [LIB, CORE],
  redis: ['^src/core/ports\\.ts$', CONFIG_TYPES, LIB],
  observe: [CONFIG_TYPES, LIB, CORE],
  'revocation-set': [LIB, CORE],
  accounts: [REVOCATION_SET, AUDIT, LIB, CORE],
  remote: [CONFIG_TYPES, '^src/config/key-url\\.ts$', LIB, CORE],
  'decision-points': ['^src/remote/', CONFIG_TYPES, LIB, CORE],
  verification: [
    '^src/remote/',
    ACCOUNTS,
    REVOCATION_SET,
    CONFIG_TYPES,
    '^src/config/(key-url|subject-claims)\\.ts$',
    LIB,
    CORE,
  ],
  signing: ['^src/verification/keys\\.ts$', REVOCATION_SET, AUDIT, CONFIG_TYPES, LIB, CORE],
  tokens: [
    '^src/signing/(token-signer|key-life|sealer)\\.ts$',
    '^src/verification/(jwt|token-cache|basic/basic-use)\\.ts$',
    ACCOUNTS,
    REVOCATION_SET,
    AUDIT,
    CONFIG_TYPES,
    LIB,
    CORE,
  ],
  revocation: [
    '^src/tokens/',
    '^src/signing/(key-life|key-ring|signing-key-store)\\.ts$',
    '^src/verification/(jwt|opaque-token)\\.ts$',
    '^src/remote/fetch-text\\.ts$',
    ACCOUNTS,
    REVOCATION_SET,
    AUDIT,
    '^src/observe/log/redaction\\.ts$',
    CONFIG_TYPES,
    LIB,
    CORE,
  ],
  access: [ACCOUNTS, LIB, CORE],
  openapi: [
    '^src/config/reading/',
    '^src/config/sections/(file-schema|patterns|routes/route-schema)\\.ts$',
    CONFIG_TYPES,
    LIB,
    CORE,
  ],
  'envoy-config': ['^src/config/reading/', '^src/config/sections/identity/identity\\.ts$', CONFIG_TYPES, LIB, CORE],
  explanation: [REVOCATION_SET, LIB, CORE],
  store: [...STORE_INTERFACES, '^src/redis/', AUDIT, CONFIG_TYPES, LIB, CORE],
  edge: [
    '^src/http2/',
    '^src/access/',
    '^src/revocation/',
    '^src/tokens/',
    ACCOUNTS,
    '^src/signing/published-key-set\\.ts$',
    '^src/observe/(health|components|observation|forwarding|metrics/metrics)\\.ts$',
    '^src/explanation/explain\\.ts$',
    CONFIG_TYPES,
    LIB,
    CORE,
  ],
  app: ['^src/(?!cli/|main\\.ts$)'],
  cli: [
    '^src/app/',
    '^src/envoy-config/check-envoy\\.ts$',
    '^src/envoy-config/writing/manager-(?:parts|yaml)\\.ts$',
    '^src/explanation/',
    '^src/openapi/',
    '^src/revocation/',
    '^src/tokens/',
    ACCOUNTS,
    '^src/signing/key-management\\.ts$',
    '^src/revocation-set/(entry|target)\\.ts$',
    '^src/audit/actor\\.ts$',
    '^src/config/',
    LIB,
    CORE,
  ],
};

/** What every command uses. No command knows the one that runs the command line. */
const CLI_FLOOR = ['^src/cli/terminal/', '^src/cli/(command|command-definition|operator)\\.ts$'];

/** What a folder inside one of these may import of the same place besides itself. */
const FOLDERS = {
  'config/reading': ['^src/config/(config|issuer-config|secret|client-tls|telemetry-config|transport-config)\\.ts$'],
  'config/sections': [
    '^src/config/reading/',
    '^src/config/(config|issuer-config|secret|client-tls|telemetry-config|transport-config|key-url)\\.ts$',
  ],
  'config/tests': ['^src/config/reading/', '^src/config/(config|issuer-config)\\.ts$'],
  'config/reload': [
    '^src/config/reading/glob\\.ts$',
    '^src/config/(config|issuer-config|secret|client-tls|telemetry-config|transport-config|subject-claims)\\.ts$',
  ],
  'verification/bearer': ['^src/verification/(key-sets|pace|signatures)/', '^src/verification/[^/]+$'],
  'verification/pace': [],
  'verification/signatures': ['^src/verification/keys\\.ts$'],
  'verification/key-sets': ['^src/verification/[^/]+$'],
  'verification/opaque': ['^src/verification/[^/]+$'],
  'verification/api-keys': ['^src/verification/opaque/refused-tokens\\.ts$', '^src/verification/[^/]+$'],
  'verification/basic': ['^src/verification/[^/]+$'],
  'redis/sentinel': ['^src/redis/[^/]+$'],
  'redis/cluster': ['^src/redis/[^/]+$'],
  'store/memory': ['^src/store/[^/]+$'],
  'store/sqlite': ['^src/store/[^/]+$'],
  'store/redis': ['^src/store/[^/]+$'],
  'store/copy': ['^src/store/[^/]+$'],
  'cli/terminal': ['^src/cli/command\\.ts$'],
  'cli/account': CLI_FLOOR,
  'cli/completion': CLI_FLOOR,
  'cli/keys': CLI_FLOOR,
  'cli/revocations': CLI_FLOOR,
  'cli/routes': CLI_FLOOR,
  'cli/status': CLI_FLOOR,
  'cli/store': CLI_FLOOR,
  'cli/test': CLI_FLOOR,
  'cli/token': CLI_FLOOR,
};

/** Specs may import anything: the rules concern the code that runs. */
const SPEC = '\\.spec\\.ts$';

const places = Object.entries(PLACES).map(([place, targets]) => ({
  name: `${place}-knows-too-much`,
  severity: 'error',
  from: { path: `^src/${place}/`, pathNot: [SPEC] },
  to: { path: '^src/', pathNot: [`^src/${place}/`, ...targets] },
}));

const folders = Object.entries(FOLDERS).map(([folder, targets]) => ({
  name: `${folder.replaceAll('/', '-')}-knows-too-much`,
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: SPEC },
  to: { path: `^src/${folder.split('/')[0]}/`, pathNot: [`^src/${folder}/`, ...targets] },
}));

export default {
  forbidden: [
    ...places,
    ...folders,
    {
      name: 'no-such-place',
      comment: 'a new folder in src needs a line in PLACES',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${Object.keys(PLACES).join('|')})/` },
      to: {},
    },
    {
      name: 'core-is-pure',
      comment: 'no npm package and no Node module, not even for types',
      severity: 'error',
      from: { path: CORE, pathNot: SPEC },
      to: { pathNot: CORE },
    },
    {
      name: 'lib-and-audit-know-no-package',
      severity: 'error',
      from: { path: [LIB, AUDIT], pathNot: SPEC },
      to: { dependencyTypes: ['npm'] },
    },
    {
      name: 'no-door-knows-another',
      severity: 'error',
      from: { path: '^src/edge/([^/]+)/' },
      // What several doors share over one protocol is floor, too, and so is the reading of certificates.
      to: { path: '^src/edge/[^/]+/', pathNot: ['^src/edge/$1/', '^src/edge/(http|grpc|certificates)/'] },
    },
    {
      name: 'transports-are-loaded-when-used',
      comment: 'a door with one transport must not load the libraries of the other',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/edge/ext-authz/transports/', SPEC] },
      to: { path: '^src/edge/ext-authz/transports/', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'no-transport-knows-another',
      severity: 'error',
      from: { path: '^src/edge/ext-authz/transports/([^/]+)/', pathNot: SPEC },
      to: { path: '^src/edge/ext-authz/transports/[^/]+/', pathNot: '^src/edge/ext-authz/transports/$1/' },
    },
    {
      name: 'the-fast-transport-needs-no-grpc-js',
      comment: 'it costs memory and start-up time, and its parser is the reference for ours',
      severity: 'error',
      from: { path: '^src/edge/ext-authz/transports/fast/', pathNot: SPEC },
      to: { path: 'node_modules/(@grpc|grpc-health-check|protobufjs|long)/', reachable: true },
    },
    {
      name: 'the-floor-knows-no-door',
      severity: 'error',
      from: { path: '^src/edge/[^/]+$', pathNot: SPEC },
      to: { path: '^src/edge/[^/]+/' },
    },
    {
      name: 'only-the-command-line-knows-app',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(app|cli)/', SPEC] },
      to: { path: '^src/app/' },
    },
    {
      name: 'main-is-the-entry',
      severity: 'error',
      from: { path: '^src/', pathNot: SPEC },
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'only-app-opens-a-store',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(app|store)/', SPEC] },
      to: { path: '^src/store/' },
    },
    {
      name: 'only-stores-know-redis',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(store|redis)/', SPEC] },
      to: { path: '^src/redis/' },
    },
    {
      name: 'loaded-when-it-is-used',
      comment: 'a command that opens no listener and no store must not load grpc-js, fastify, ioredis or OpenTelemetry',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/edge/', SPEC] },
      to: {
        path: '^src/(edge/[^/]+/service|store/(sqlite|redis)/store|observe/telemetry/sdk)\\.ts$',
        dependencyTypesNot: ['dynamic-import', 'type-only'],
      },
    },
    {
      name: 'only-telemetry-knows-opentelemetry',
      comment: 'it is imported with the first configuration that has telemetry',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/observe/telemetry/', SPEC] },
      to: { path: '@opentelemetry/' },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      from: { path: '^src/', pathNot: SPEC },
      to: { path: ['^(test|deploy|tools|bench)/', SPEC] },
    },
    {
      name: 'no-dev-dependency-runs',
      severity: 'error',
      from: { path: '^src/', pathNot: SPEC },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-dead-end', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^\\.cache/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
