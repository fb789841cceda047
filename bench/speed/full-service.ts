import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { NODE_OPTIONS } from '../../bin/node-options.mjs';
import { freePorts } from '../../test/support/servers/ports.ts';
import { startProcess } from '../../test/support/servers/process.ts';
import { bundle } from '../../tools/bundle/bundle.ts';
import { PARTNER } from './checks.ts';

/** A set-up of the full service, as changes to the top-level sallyport.yaml. */
export interface Setting {
  readonly name: string;
  readonly transport: 'fast' | 'grpc-js';
  /** The listeners that are open beside `extAuthz` and `admin`; by default the token service. */
  readonly doors?: readonly ('tokens' | 'verify' | 'access')[];
  /** What runs: by default the bundle, as in the image. */
  readonly program?: 'bundle' | 'sources';
  /** Replaces keys of the configuration. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface FullService {
  readonly port: number;
  readonly pid: number;
  /** From the start of the process until it said that it is ready. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const BUNDLE = fileURLToPath(new URL('../../node_modules/.cache/bench-bundle', import.meta.url));
const EXAMPLE = new URL('../../sallyport.yaml', import.meta.url);
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/node-compile', import.meta.url));
const ENV = { PARTNER_SECRET: PARTNER.secret, NODE_COMPILE_CACHE: COMPILE_CACHE };
const LONGEST_START_MS = 30_000;

let bundled: Promise<string> | undefined;

/**
 * Starts Sallyport as users run it: SQLite, its own signing, routes, revocation, identity headers, metrics and the log of
 * denials; and a partner whose tokens the load presents.
 */
export async function startFullService(setting: Setting): Promise<FullService> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
  const [extAuthz = 0, admin = 0, ...others] = await freePorts(5);
  const file = join(folder, 'sallyport.yaml');
  const main = setting.program === 'sources' ? MAIN : await (bundled ??= bundle(BUNDLE));
  await writeFile(file, stringify(await configOf(setting, { extAuthz, admin, others })));
  const beganMs = performance.now();
  const started = startProcess({
    command: process.execPath,
    args: [...NODE_OPTIONS, main, 'serve', '--config', file],
    env: ENV,
  });
  const { pid } = started;
  if (pid === undefined) throw new Error('Sallyport has no process');
  const stop = async (): Promise<void> => {
    await started.stop();
    await rm(folder, { recursive: true, force: true });
  };
  while (!(await isReady(admin))) {
    if (performance.now() - beganMs > LONGEST_START_MS) throw new Error(`Sallyport is not ready:\n${started.output()}`);
    await wait(2);
  }
  return { port: extAuthz, pid, readyMs: performance.now() - beganMs, stop };
}

async function isReady(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function configOf(
  { transport, doors = ['tokens'], more }: Setting,
  ports: { readonly extAuthz: number; readonly admin: number; readonly others: readonly number[] },
): Promise<Record<string, unknown>> {
  // Sallyport checks it.
  const config = parse(await readFile(EXAMPLE, 'utf8')) as { issuers: object[] };
  const { name, issuer, audience } = PARTNER;
  const secrets = [{ env: 'PARTNER_SECRET', encoding: 'utf8' }];
  const partner = { name, issuer, audience, algorithms: ['HS256'], secrets };
  const own = doors.length === 0 ? [] : config.issuers;
  const listen = {
    extAuthz: { address: `127.0.0.1:${ports.extAuthz}`, transport },
    admin: `127.0.0.1:${ports.admin}`,
    ...Object.fromEntries(doors.map((door, index) => [door, `127.0.0.1:${ports.others[index]}`])),
  };
  const basic = doors.length === 0 ? { basic: undefined } : {};
  // A busy machine must not count as a denial.
  const timeouts = { decision: '5s', store: '4s' };
  return { ...config, ...basic, listen, timeouts, issuers: [...own, partner], ...more };
}
