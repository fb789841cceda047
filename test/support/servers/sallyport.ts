import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { DEFAULT_TRANSPORT, type TransportConfig } from '../../../src/config/transport-config.ts';
import { freePorts } from './ports.ts';
import { type Process, startProcess, untilReady } from './process.ts';

/** `SALLYPORT_MAIN` names another program for the tests of processes, such as that of a bundle. */
const MAIN = process.env['SALLYPORT_MAIN'] ?? fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const EXAMPLE = new URL('../../../sallyport.yaml', import.meta.url);

export interface SallyportPorts {
  readonly extAuthz: number;
  readonly tokens: number;
  readonly admin: number;
}

export interface SallyportOptions {
  /** Variables of the child process only: `SALLYPORT_ACCOUNT`, and secrets that the configuration names. */
  readonly env?: NodeJS.ProcessEnv;
  /** Edits the example configuration in place before it is written. */
  readonly edit?: (config: Record<string, unknown>) => void;
  /** How it serves Envoy's calls, unless `edit` says so; {@link TRANSPORT} by default. */
  readonly transport?: TransportConfig['kind'] | undefined;
  /** The program to run: that of the sources by default. */
  readonly main?: string;
  /** A stopped instance, whose ports and data the new one takes over. */
  readonly after?: Sallyport;
}

/** The transport under test where a spec does not choose one: the default, or what `EXT_AUTHZ_TRANSPORT` names. */
export const TRANSPORT = process.env['EXT_AUTHZ_TRANSPORT'] === 'fast' ? 'fast' : DEFAULT_TRANSPORT;

/** A running `sallyport serve`. */
export interface Sallyport extends Process {
  readonly ports: SallyportPorts;
  /** Holds the configuration and the store. */
  readonly folder: string;
  /** Rewrites its configuration, which it reloads by itself or on SIGHUP. */
  rewrite(edit: SallyportOptions['edit']): Promise<void>;
  /** Stops it and removes its folder. */
  close(): Promise<void>;
}

/** Starts `sallyport serve` with the top-level sallyport.yaml on free ports; resolves once its doors are open. */
export async function startSallyport(options: SallyportOptions = {}): Promise<Sallyport> {
  const { env = {}, edit, transport = TRANSPORT, after, main = MAIN } = options;
  const ports = after?.ports ?? (await freshPorts());
  const folder = after?.folder ?? (await mkdtemp(join(tmpdir(), 'sallyport-e2e-')));
  const file = join(folder, 'sallyport.yaml');
  await writeFile(file, await exampleConfig(ports, transport, edit));
  const sallyport = startProcess({ command: process.execPath, args: [main, 'serve', '--config', file], env });
  const close = async (): Promise<void> => {
    await sallyport.stop();
    await rm(folder, { recursive: true, force: true });
  };
  await untilServing(sallyport, ports).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const rewrite = async (change: SallyportOptions['edit']): Promise<void> =>
    writeFile(file, await exampleConfig(ports, transport, change));
  return { ...sallyport, ports, folder, rewrite, close };
}

/** Ports accept connections before the instance is ready: it warms up in between. */
async function untilServing(sallyport: Process, ports: SallyportPorts): Promise<void> {
  // The first listener to open, and the only one that is always on a port.
  await untilReady(sallyport, [ports.admin]);
  const isReady = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${ports.admin}/readyz`)).ok;
  while (!(await isReady())) await delay(10);
}

async function freshPorts(): Promise<SallyportPorts> {
  const [extAuthz = 0, tokens = 0, admin = 0] = await freePorts(3);
  return { extAuthz, tokens, admin };
}

async function exampleConfig(
  ports: SallyportPorts,
  transport: TransportConfig['kind'],
  edit: SallyportOptions['edit'],
): Promise<string> {
  // Sallyport validates its contents.
  const config = parse(await readFile(EXAMPLE, 'utf8')) as Record<string, unknown>;
  config['listen'] = Object.fromEntries(Object.entries(ports).map(([door, port]) => [door, `127.0.0.1:${port}`]));
  // Generous, because tests run in parallel; tests of a time limit set their own.
  config['timeouts'] = { decision: '9s', store: '2s' };
  edit?.(config);
  chooseTransport(config['listen'], transport);
  return stringify(config);
}

/** The listener of Envoy may be written as its address alone, or be closed. */
function chooseTransport(listen: unknown, transport: TransportConfig['kind']): void {
  const doors = listen as Record<string, unknown>;
  const { extAuthz } = doors;
  if (extAuthz === undefined || transport === DEFAULT_TRANSPORT) return;
  const written = typeof extAuthz === 'string' ? { address: extAuthz } : extAuthz;
  doors['extAuthz'] = { transport, ...(written as object) };
}
