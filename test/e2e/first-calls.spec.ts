import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startApp } from '../../src/app/start.ts';
import { loadConfig } from '../../src/config/load.ts';
import { formatProblems } from '../../src/config/reading/problems.ts';
import { matches, stepsOf } from './guide-steps.ts';

const ROOT = new URL('../../', import.meta.url);
const START = 'SALLYPORT_ACCOUNT=ada:wind-lantern-copper npm start';
const ANY = '127.0.0.1:0';

let app: Awaited<ReturnType<typeof startApp>>;
let folder: string;

/** The demo without a gateway: the listener `tokens` serves the same path. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-first-calls-'));
  // Sallyport validates its contents.
  const config = parse(await readFile(new URL('sallyport.yaml', ROOT), 'utf8')) as Record<string, unknown>;
  config['listen'] = { tokens: ANY, verify: ANY, access: ANY };
  // Generous, because tests run in parallel.
  config['timeouts'] = { decision: '9s', store: '2s' };
  await writeFile(configFile(), JSON.stringify(config));
  const loaded = loadConfig(configFile(), {});
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
  const env = { SALLYPORT_ACCOUNT: 'ada:wind-lantern-copper' };
  app = await startApp(loaded.config, { env, logDestination: { write: () => undefined } });
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

it.each(['internal-api', 'authzen'])('docs/%s.md shows what its first calls print', async (page) => {
  const [start, first] = stepsOf(await readFile(new URL(`docs/${page}.md`, ROOT), 'utf8'));
  expect(start?.commands).toBe(START);
  const remove = 'npm run -s sallyport -- account remove orders --yes >&2';
  const script = here(`${first?.commands}\n${remove}`);
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: ROOT });
  expect(matches(stdout, first?.output ?? '') ? first?.output : stdout).toBe(first?.output);
});

function configFile(): string {
  return join(folder, 'sallyport.yaml');
}

/** Leads the commands of a page to this test's Sallyport, and shows its ports as the page does. */
function here(commands: string): string {
  const { tokens, verify, access } = app.addresses;
  const run = `'${process.execPath}' src/main.ts account $1 --config '${configFile()}'`;
  const led = commands
    .replaceAll('127.0.0.1:8080', String(tokens))
    .replaceAll('127.0.0.1:9193', String(verify))
    .replaceAll('127.0.0.1:9194', String(access))
    .replaceAll(/npm run -s sallyport -- account (.*)/g, run);
  return `{\n${led}\n} | sed 's/${verify}/127.0.0.1:9193/g'`;
}
