import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { startApp } from '../../src/app/start.ts';
import { requireConfig } from '../../src/cli/command.ts';
import { loadCommands, runCommandLine } from '../../src/cli/command-line.ts';
import { freePorts } from '../support/servers/ports.ts';

const ENV = { SEAL: 's'.repeat(43), FORMER: 'f'.repeat(43) };
const PASSWORD = 'a secret of ada lovelace\n';

/** Each command, in an order in which the later ones find what the earlier ones made. */
const RUNS: Readonly<Record<string, { readonly args?: readonly string[]; readonly input?: string }>> = {
  init: { args: ['--config', 'new.yaml'] },
  check: {},
  envoy: {},
  routes: {},
  'routes METHOD PATH': { args: ['GET', '/m'] },
  'explain REASON': { args: ['scope_required'] },
  explain: { args: ['GET', '/m'] },
  test: { args: ['cases.yaml'] },
  'keys rotate': {},
  'keys list': {},
  'account add': { args: ['ada', '--scopes', 'm:read'], input: PASSWORD },
  'account list': {},
  'account show': { args: ['ada'] },
  'account email': { args: ['ada', 'ada@example.com'] },
  'account password': { args: ['ada'], input: PASSWORD },
  'account scopes': { args: ['ada', 'm:read'] },
  'account disable': { args: ['ada'] },
  'account enable': { args: ['ada'] },
  'account unlock': { args: ['ada'] },
  'token issue': { args: ['ada', '--scopes', 'm:read'] },
  'token list': {},
  'token revoke': { args: ['--issuer', 'own', '--jti', 'x', '--expires', '2099-01-01'] },
  'revocations list': {},
  'token unrevoke': { args: ['--issuer', 'own', '--jti', 'x'] },
  'keys reseal': { args: ['--from-env', 'FORMER'] },
  'store export': { args: ['--out', 'copy.jsonl'] },
  'store import': { args: ['copy.jsonl', '--into-non-empty'] },
  'store accept-loss': { args: ['--yes'] },
  migration: {},
  status: {},
  completion: { args: ['bash'] },
  'account remove': { args: ['ada', '--yes'] },
  'keys revoke': { args: ['KID', '--yes'] },
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-json-'));
  const [port] = await freePorts(1);
  const text = `version: 1
listen: { tokens: "127.0.0.1:0", admin: "127.0.0.1:${port}" }
store: sqlite:./store.db
scopes: { m:read: {} }
issuers: [{ name: own, issuer: "https://s.local", signing: { algorithm: EdDSA, sealWith: { env: SEAL } } }]
routes: [{ path: /m, scope: m:read }]
log: { level: silent, audit: ./audit.log }
`;
  await writeFile(join(folder, 'sallyport.yaml'), text);
  const cases = 'version: 1\ncases: [{ name: none, method: GET, path: /m, expect: { outcome: deny } }]\n';
  await writeFile(join(folder, 'cases.yaml'), cases);
});

afterAll(() => rm(folder, { recursive: true }));

/** Resolves to what the command writes to standard output. */
async function run(args: readonly string[], input = ''): Promise<{ readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  await runCommandLine(args, {
    env: { ...process.env, ...ENV },
    // Of a terminal, the commands need no more than a stream.
    stdin: Readable.from([Buffer.from(input)]) as NodeJS.ReadStream,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  });
  return { out, err };
}

async function documents(): Promise<ReadonlyMap<string, unknown>> {
  const found = new Map<string, unknown>();
  for (const [name, { args = [], input = '' }] of Object.entries(RUNS)) {
    const words = name.split(' ').filter((word) => word === word.toLowerCase());
    const own = args.map((arg) => {
      if (arg === 'KID') return kidIn(found.get('keys list'));
      return /\.(yaml|jsonl)$/.test(arg) ? join(folder, arg) : arg;
    });
    const config = own.includes('--config') ? [] : ['--config', join(folder, 'sallyport.yaml')];
    const { out, err } = await run([...words, ...own, ...config, '--json'], input);
    expect(out, `${name}: ${err}`).not.toBe('');
    found.set(name, JSON.parse(out));
  }
  return found;
}

function kidIn(keys: unknown): string {
  const [first] = keys as readonly { readonly kid: string }[];
  return first?.kid ?? '';
}

it('each command prints the JSON that its help and docs/command-line.md document', async () => {
  const file = join(folder, 'sallyport.yaml');
  const app = await startApp(requireConfig(file, ENV), { env: ENV, logDestination: { write: () => {} } });
  onTestFinished(() => app.close());
  const found = await documents();
  const documented = new Map<string, string>();
  for (const { name, actions } of await loadCommands()) {
    for (const [word, { json }] of Object.entries(actions)) documented.set(`${name} ${word}`.trim(), json);
  }
  documented.delete('serve');
  expect([...documented.keys()].filter((name) => !found.has(name))).toEqual([]);
  for (const [name, document] of found) {
    if (name === 'explain REASON') expect.soft(namesOf(document)).toEqual(['meaning', 'reason']);
    else {
      const shape = shapeIn(documented.get(name.replace(/ [A-Z ]+$/, '')) ?? '');
      const names = namesOf(document);
      expect.soft(names, name).toEqual(expect.arrayContaining(shape.filter((one) => !one.endsWith('?'))));
      expect
        .soft(
          shape.map((one) => one.replace('?', '')),
          name,
        )
        .toEqual(expect.arrayContaining([...names]));
    }
  }
});

/** The members of what is documented first, such as `[{kid, algorithm?}]` or `{results: [{outcome}]}`. */
function shapeIn(text: string): readonly string[] {
  const outer = text.replace(/: \[[^\]]*\]/g, '');
  return /^\[?\{([^}]*)\}/.exec(outer)?.[1]?.split(', ') ?? [];
}

function namesOf(document: unknown): readonly string[] {
  const one = Array.isArray(document) ? document[0] : document;
  return Object.keys(one as object).sort();
}
