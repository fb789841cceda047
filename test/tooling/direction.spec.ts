import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkDirection } from '../../tools/direction.ts';

const roots: string[] = [];

function treeOf(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-direction-'));
  roots.push(root);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

const MODULE = 'export const value = 1;\n';

/** A tree with one import, and what the rules call it. */
const FORBIDDEN: readonly (readonly [rule: string, from: string, to: string])[] = [
  ['core-is-pure', 'src/core/a.ts', 'node:fs'],
  ['core-knows-too-much', 'src/core/a.ts', 'src/store/store.ts'],
  ['no-door-knows-another', 'src/edge/a/service.ts', 'src/edge/b/service.ts'],
  ['edge-knows-too-much', 'src/edge/a/service.ts', 'src/config/load.ts'],
  ['edge-knows-too-much', 'src/edge/a/service.ts', 'src/observe/events/events.ts'],
  ['edge-knows-too-much', 'src/edge/a/service.ts', 'src/audit/audit-log.ts'],
  ['cli-knows-too-much', 'src/cli/a.ts', 'src/observe/events/events.ts'],
  ['cli-knows-too-much', 'src/cli/a.ts', 'src/audit/audit-log.ts'],
  ['audit-knows-too-much', 'src/audit/a.ts', 'src/core/a.ts'],
  ['only-app-opens-a-store', 'src/edge/a/service.ts', 'src/store/a.ts'],
  ['only-stores-know-redis', 'src/tokens/a.ts', 'src/redis/a.ts'],
  ['redis-knows-too-much', 'src/redis/a.ts', 'src/tokens/token.ts'],
  ['redis-cluster-knows-too-much', 'src/redis/cluster/a.ts', 'src/redis/sentinel/a.ts'],
  ['store-redis-knows-too-much', 'src/store/redis/a.ts', 'src/store/sqlite/a.ts'],
  ['loaded-when-it-is-used', 'src/app/a.ts', 'src/edge/ext-authz/service.ts'],
  ['transports-are-loaded-when-used', 'src/edge/ext-authz/service.ts', 'src/edge/ext-authz/transports/a/door.ts'],
  ['no-transport-knows-another', 'src/edge/ext-authz/transports/a/x.ts', 'src/edge/ext-authz/transports/b/y.ts'],
  ['the-floor-knows-no-door', 'src/edge/a.ts', 'src/edge/admin/decode.ts'],
  ['main-is-the-entry', 'src/cli/a.ts', 'src/main.ts'],
  ['authorizer-knows-too-much', 'src/authorizer/authorizer.ts', 'src/lib/a.ts'],
  ['only-the-command-line-knows-app', 'src/store/a.ts', 'src/app/start.ts'],
  ['src-stands-alone', 'src/app/start.ts', 'test/a.ts'],
  ['no-such-place', 'src/utilities/a.ts', 'src/core/a.ts'],
];

/** A package that is installed, by the member of package.json that lists it; `undefined` if none does. */
const PACKAGES: Readonly<Record<string, string | undefined>> = {
  fastify: 'dependencies',
  '@opentelemetry/api': 'dependencies',
  vitest: 'devDependencies',
  strays: undefined,
};

/** A file that imports a package, and what the rules call it. */
const FORBIDDEN_PACKAGES: readonly (readonly [rule: string, from: string, name: string])[] = [
  ['core-is-pure', 'src/core/a.ts', 'fastify'],
  ['lib-and-audit-know-no-package', 'src/lib/a.ts', 'fastify'],
  ['lib-and-audit-know-no-package', 'src/audit/a.ts', 'fastify'],
  ['only-telemetry-knows-opentelemetry', 'src/observe/tracing/a.ts', '@opentelemetry/api'],
  ['only-telemetry-knows-opentelemetry', 'src/app/a.ts', '@opentelemetry/api'],
  ['no-dev-dependency-runs', 'src/app/a.ts', 'vitest'],
  ['no-dev-dependency-runs', 'src/app/a.ts', 'strays'],
  ['no-dead-end', 'src/app/a.ts', 'not-installed'],
];

/** A tree with those packages, and one file that imports one of them. */
function treeWithPackages(from: string, statement: string): string {
  const listed = (list: string) =>
    Object.fromEntries(Object.keys(PACKAGES).flatMap((name) => (PACKAGES[name] === list ? [[name, '1.0.0']] : [])));
  const installed = Object.keys(PACKAGES).flatMap((name) => [
    [`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' })],
    [`node_modules/${name}/index.js`, 'exports.value = 1;\n'],
  ]);
  return treeOf({
    'package.json': JSON.stringify({
      dependencies: listed('dependencies'),
      devDependencies: listed('devDependencies'),
    }),
    ...Object.fromEntries(installed),
    [from]: statement,
    'src/core/fine.ts': MODULE,
    'src/lib/fine.ts': `export { value } from '../core/fine.ts';\n`,
  });
}

describe('checkDirection()', () => {
  it('reports every tree in which nothing was seen', async () => {
    const { problems, modules } = await checkDirection(treeOf({ 'README.md': '' }));
    expect(problems).toEqual(['found no module in src', 'found no import']);
    expect(modules).toBe(0);
  });

  it('finds nothing where imports follow the design', async () => {
    const files = { 'src/core/a.ts': MODULE, 'src/lib/b.ts': `export { value } from '../core/a.ts';\n` };
    expect(await checkDirection(treeOf(files))).toEqual({ problems: [], modules: 2 });
  });

  it.for(FORBIDDEN)('names %s when %s imports %s', async ([rule, from, to]) => {
    const up = '../'.repeat(from.split('/').length - 1);
    const specifier = to.startsWith('node:') ? to : `./${up}${to}`;
    const files = { [from]: `import * as it from '${specifier}';\nexport const used = it;\n` };
    const { problems } = await checkDirection(treeOf(to.startsWith('node:') ? files : { ...files, [to]: MODULE }));
    expect(problems.map((problem) => problem.split(':')[0])).toContain(rule);
  });

  it.for(FORBIDDEN_PACKAGES)('names %s when %s imports the package %s', async ([rule, from, name]) => {
    const tree = treeWithPackages(from, `import * as it from '${name}';\nexport const used = it;\n`);
    const { problems } = await checkDirection(tree);
    expect(problems.map((problem) => problem.split(':')[0])).toContain(rule);
  });

  it.for([
    ['src/observe/telemetry/a.ts', `import * as it from '@opentelemetry/api';\nexport const used = it;\n`],
    ['src/edge/a.ts', `import * as it from 'fastify';\nexport const used = it;\n`],
    ['src/edge/a.ts', `import type * as It from 'vitest';\nexport type Used = It.A;\n`],
    ['src/edge/a.spec.ts', `import * as it from 'vitest';\nexport const used = it;\n`],
  ] as const)('lets %s contain %j', async ([from, statement]) => {
    expect((await checkDirection(treeWithPackages(from, statement))).problems).toEqual([]);
  });

  it('sees imports of types alone, and cycles of them', async () => {
    const files = {
      'src/core/a.ts': `import type { B } from './b.ts';\nexport type A = B | 1;\n`,
      'src/core/b.ts': `import type { A } from './a.ts';\nexport type B = A | 2;\n`,
    };
    const { problems } = await checkDirection(treeOf(files));
    expect(problems.join()).toContain('no-cycle');
  });
});
