/**
 * The direction of design: main → cli → app → authorizer, {edge, jwt, introspection, revocation, tokens, store, observe,
 * config} → core. One entry per place of the house; what an entry does not list it must not import.
 */
const CORE = '^src/core/';
const LIB = '^src/lib/';
const CONFIG_TYPES = '^src/config/(config|secret)\\.ts$';
const STORE_INTERFACES = '^src/store/(store|login-history-store|idempotency-store)\\.ts$';
const ACCOUNT_RULES = '^src/store/account-(name|version)\\.ts$';
const REVOCATION_KEYS = '^src/revocation/(keys|entry)\\.ts$';
/** What a reader of our own keys is told. */
const PUBLISHED_KEYS = '^src/jwt/published-key-set\\.ts$';
/** What puts the parts together. */
const COMPOSITION = '^src/(main|app|running-app|generation)\\.ts$';
const KNOWS = {
  cli: ['^src/(running-)?app\\.ts$', '^src/(config|core|jwt|observe|revocation|store|tokens)/', LIB],
  core: [],
  lib: [],
  config: [CORE, LIB],
  store: [CORE, LIB, CONFIG_TYPES],
  observe: [CORE, LIB, CONFIG_TYPES, STORE_INTERFACES],
  jwt: [CORE, LIB, CONFIG_TYPES, '^src/config/key-url\\.ts$', STORE_INTERFACES, REVOCATION_KEYS],
  introspection: [CORE, LIB, CONFIG_TYPES, REVOCATION_KEYS, '^src/jwt/'],
  revocation: [CORE, LIB, CONFIG_TYPES, STORE_INTERFACES, '^src/store/entry-merge\\.ts$'],
  tokens: [CORE, LIB, CONFIG_TYPES, STORE_INTERFACES, ACCOUNT_RULES, '^src/(jwt|revocation|observe)/'],
  edge: [CORE, LIB, CONFIG_TYPES, STORE_INTERFACES, '^src/(tokens|observe|http2)/', PUBLISHED_KEYS],
  http2: [CORE, LIB, CONFIG_TYPES],
};

/** Specs may use whatever they need to; the rules are about what runs. */
const SPEC = '\\.spec\\.ts$';

const directions = Object.entries(KNOWS).map(([place, targets]) => ({
  name: `${place}-knows-too-much`,
  severity: 'error',
  from: { path: `^src/${place}/`, pathNot: SPEC },
  to: { path: '^src/', pathNot: [`^src/${place}/`, ...targets] },
}));

export default {
  forbidden: [
    ...directions,
    {
      name: 'no-such-place',
      comment: 'a new folder in src needs its line above',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${Object.keys(KNOWS).join('|')})/` },
      to: {},
    },
    {
      name: 'core-is-pure',
      comment: 'no npm package and no builtin, not even for types of Node',
      severity: 'error',
      from: { path: CORE, pathNot: SPEC },
      to: { pathNot: CORE },
    },
    {
      name: 'no-door-knows-another',
      severity: 'error',
      from: { path: '^src/edge/([^/]+)/' },
      to: { path: '^src/edge/[^/]+/', pathNot: '^src/edge/$1/' },
    },
    {
      name: 'authorizer-knows-core-only',
      severity: 'error',
      from: { path: '^src/authorizer\\.ts$' },
      to: { path: '^src/', pathNot: CORE },
    },
    {
      name: 'app-is-for-main',
      severity: 'error',
      from: { path: '^src/', pathNot: [COMPOSITION, '^src/cli/', SPEC] },
      to: { path: COMPOSITION },
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
    exclude: { path: '^(node_modules|\\.cache)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
