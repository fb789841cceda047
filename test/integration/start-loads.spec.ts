import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { freePorts } from '../support/servers/ports.ts';
import { startProcess } from '../support/servers/process.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const PROBE = fileURLToPath(new URL('../support/module-loads.ts', import.meta.url));
const WAIT = { timeout: 50_000 };
const SHARED = { version: 1, store: 'sqlite:./sallyport.db', routes: [{ path: '/', public: true }] };
const OWN_ISSUER = { name: 'own', issuer: 'https://own.example', signing: { algorithm: 'EdDSA' } };

/** Parts that only some configurations use. */
const OPTIONAL = [
  '@grpc/grpc-js',
  '@opentelemetry/api',
  'fastify',
  'ioredis',
  'protobufjs',
  'node:https',
  'node:tls',
  'undici',
] as const;

it('Envoy’s door and a store in a file load no other door, no telemetry, no TLS and no fetch', async () => {
  const loaded = await loadedBy((ports) => ({ extAuthz: ports[0], admin: ports[1] }));
  expect([...loaded]).toContain('zod');
  expect(OPTIONAL.filter((part) => loaded.has(part))).toEqual([]);
});

it('every door and telemetry load no other exporter, no Redis and no fetch', async () => {
  const loaded = await loadedBy(
    ([extAuthz, admin, tokens, verify, access]) => ({ extAuthz, admin, tokens, verify, access }),
    { issuers: [OWN_ISSUER], telemetry: { endpoint: 'http://127.0.0.1:9' } },
  );
  const used = ['@grpc/grpc-js', '@opentelemetry/api', 'fastify', 'protobufjs', 'node:https', 'node:tls'];
  expect(OPTIONAL.filter((part) => loaded.has(part))).toEqual(used);
  const exporters = [...loaded].filter((name) => name.includes('/exporter-') && !/otlp-(proto|http)$/.test(name));
  expect(exporters).toEqual([]);
});

/** The packages and the modules of Node that an instance with these listeners has loaded once it is ready. */
async function loadedBy(
  listen: (ports: readonly string[]) => Record<string, string | undefined>,
  more: Record<string, unknown> = { issuers: [] },
): Promise<ReadonlySet<string>> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-loads-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const addresses = (await freePorts(5)).map((port) => `127.0.0.1:${port}`);
  const file = join(folder, 'sallyport.json');
  await writeFile(file, JSON.stringify({ ...SHARED, listen: listen(addresses), ...more }));
  const args = ['--import', PROBE, MAIN, 'serve', '--config', file];
  const { pid = 0, output, stop } = startProcess({ command: process.execPath, args });
  onTestFinished(async () => void (await stop()));
  await expect.poll(output, WAIT).toContain('"msg":"ready"');
  process.kill(pid, 'SIGUSR2');
  await expect.poll(output, WAIT).toMatch(/^loaded: .*\]$/m);
  const [, names = ''] = /^loaded: (.*)$/m.exec(output()) ?? [];
  // The probe prints a list of names.
  return new Set((JSON.parse(names) as readonly string[]).flatMap(partOf));
}

/** The package of a file, or the name by which a program imports a module of Node. */
function partOf(name: string): readonly string[] {
  const [, found] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(name) ?? [];
  if (found !== undefined) return [found];
  if (name.includes('internal/deps/undici')) return ['undici'];
  const [, own] = /^NativeModule (\w+)$/.exec(name) ?? [];
  return own === undefined ? [] : [`node:${own}`];
}
