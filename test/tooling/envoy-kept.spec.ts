import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { findEnvoy, findOldestEnvoy } from '../../tools/envoy.ts';
import { KEPT, KEPT_LUA } from '../support/kept/keeping.ts';

const PLAIN = new URL('../../envoy.yaml', import.meta.url);
const KEEPING = new URL('../../deploy/gateways/envoy-kept/envoy.yaml', import.meta.url);

interface Filter {
  name: string;
  typed_config: Record<string, unknown>;
}

async function read(file: URL) {
  const { static_resources: resources } = parse(await readFile(file, 'utf8'));
  return { resources, manager: resources.listeners[0].filter_chains[0].filters[0].typed_config };
}

it('deploy/gateways/envoy-kept/envoy.yaml is envoy.yaml with three blocks and another access log', async () => {
  const plain = await read(PLAIN);
  const { resources, manager } = await read(KEEPING);
  const filters: Filter[] = manager.http_filters;
  expect(filters.map(({ name }) => name)).toEqual([
    KEPT,
    'envoy.filters.http.ext_authz',
    KEPT,
    'envoy.filters.http.router',
  ]);
  expect(filters[0]).toEqual(filters[2]);
  manager.http_filters = filters.filter(({ name }) => name !== KEPT);
  for (const key of ['filter_enabled_metadata', 'metadata_context_namespaces']) delete filters[1]?.typed_config[key];
  expect(Object.keys(manager.route_config.typed_per_filter_config)).toEqual([KEPT]);
  delete manager.route_config.typed_per_filter_config;
  manager.access_log = plain.manager.access_log;
  expect(resources).toEqual(plain.resources);
});

it.each([
  { version: '1.40', find: findEnvoy },
  { version: '1.36', find: findOldestEnvoy },
])('Envoy $version accepts it', async ({ find }) => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-kept-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'envoy.yaml');
  await writeFile(file, (await readFile(KEEPING, 'utf8')).replaceAll('/etc/envoy/kept.lua', KEPT_LUA));
  const { path } = await find();
  const { stderr } = await promisify(execFile)(path, ['-c', file, '--mode', 'validate', '--log-level', 'warning']);
  expect(stderr).not.toMatch(/\[(?:error|critical)\]/);
});
