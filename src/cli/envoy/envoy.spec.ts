import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkTexts, sallyportConfig } from '../../../test/support/envoy/checked-envoy.ts';
import { runSallyport } from '../../../test/support/servers/run-sallyport.ts';

const TOP = new URL('../../../', import.meta.url);
const SCRIPT = new URL('deploy/gateways/envoy-kept/kept.lua', TOP).pathname;
const folder = mkdtempSync(join(tmpdir(), 'sallyport-cli-envoy-'));
const file = join(folder, 'sallyport.yaml');
const NOTHING = { problems: [], warnings: [], unseen: [] };
const KEEPING: Edit = ['maxStaleness: 1s', 'maxStaleness: 1s, keep: 700ms'];

type Edit = readonly [from: string, to: string];

afterAll(() => rmSync(folder, { recursive: true }));

/** Writes sallyport.yaml with some changes, and runs the command. */
async function print(edits: readonly Edit[], ...options: readonly string[]): Promise<string> {
  let text = readFileSync(new URL('sallyport.yaml', TOP), 'utf8');
  for (const [from, to] of edits) text = text.replace(from, to);
  writeFileSync(file, text);
  const { code, output } = await runSallyport(['envoy', '--config', file, ...options]);
  expect(code, output).toBe(0);
  return output;
}

/** What `check --envoy` says of envoy.yaml with what was printed in place of its own. */
function findings(printed: string) {
  const document = parse(readFileSync(new URL('envoy.yaml', TOP), 'utf8'));
  const manager = document.static_resources.listeners[0].filter_chains[0].filters[0].typed_config;
  const { early_header_mutation_extensions, http_filters, route_config } = parse(
    printed.replace('/etc/envoy/kept.lua', SCRIPT),
  );
  const router = manager.http_filters.at(-1);
  Object.assign(manager, { early_header_mutation_extensions, http_filters: [...http_filters, router] });
  Object.assign(manager.route_config, route_config);
  return checkTexts([JSON.stringify(document)], sallyportConfig(file));
}

describe('sallyport envoy', () => {
  it.each<readonly [name: string, edits: readonly Edit[]]>([
    ['the default', []],
    ['one with kept answers', [KEEPING]],
    ['one with a longer decision', [['decision: 150ms', 'decision: 1234ms']]],
    [
      'one with names of its own',
      [
        KEEPING,
        ['subject: x-auth-subject', 'subject: x-caller'],
        ['forwardCredential: false', 'claims: { email: x-caller-mail, realm_access.roles: roles }'],
        ['scope: "devices:list" }', 'scope: "devices:list", credentials: [authorization, { header: x-partner-key }] }'],
      ],
    ],
  ])('prints what `check --envoy` accepts for a configuration: %s', async (_, edits) => {
    expect(findings(await print(edits))).toEqual(NOTHING);
  });

  it('prints the same as JSON', async () => {
    const json = JSON.parse(await print([KEEPING], '--json'));
    expect(parse(await print([KEEPING]))).toEqual(json);
    expect(Object.keys(json)).toEqual(['early_header_mutation_extensions', 'http_filters', 'route_config']);
  });

  it('names the headers that are removed, and no filter without a listener for gRPC', async () => {
    const output = await print([
      ['  extAuthz: 127.0.0.1:9191 # gRPC, for Envoy\n', ''],
      ['scope: "devices:list" }', 'scope: "devices:list", credentials: [{ header: x-partner-key }] }'],
    ]);
    expect(output).toMatch(/^# .*x-auth-subject/m);
    expect(output).toMatch(/^# .*other spellings of x-partner-key/m);
    expect(output).toContain('# No filter: listen.extAuthz is not set.');
    expect(parse(output).http_filters).toBeUndefined();
  });

  it('adds what the routes of an MCP server need', async () => {
    const text = readFileSync(new URL('deploy/mcp/sallyport.yaml', TOP), 'utf8');
    writeFileSync(file, text);
    const { output } = await runSallyport(['envoy', '--config', file]);
    expect(parse(output).http_filters[0].typed_config.metadata_context_namespaces).toEqual(['envoy.filters.http.mcp']);
    expect(output).toContain('# Only envoy.filters.http.mcp stands before them');
  });

  it('refuses a configuration that is not valid', async () => {
    writeFileSync(file, 'version: 2\n');
    expect(await runSallyport(['envoy', '--config', file])).toMatchObject({
      code: 1,
      output: expect.stringContaining('version'),
    });
  });
});
