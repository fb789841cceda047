import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../test/support/servers/ports.ts';
import { startProcess, untilReady } from '../../test/support/servers/process.ts';
import { UsageError } from '../../tools/script-options.ts';
import { pin } from './cpu.ts';
import type { Setting } from './full-service.ts';
import { startFullService } from './full-service.ts';
import { goStandIn, tonicStandIn } from './toolchains.ts';

/** A server of ext_authz that runs. */
export interface Contender {
  readonly name: string;
  readonly port: number;
  /** The process whose CPU time counts; `undefined` if it is not known. */
  readonly pid: number | undefined;
  stop(): Promise<unknown>;
}

/** What a contender needs: the core for it to run on, and a folder with `known`, the `Authorization` values. */
export interface Ground {
  readonly core: number;
  readonly folder: string;
  readonly tokens: readonly string[];
}

const STAND_INS = fileURLToPath(new URL('../stand-ins/', import.meta.url));

/** Writes the file that the stand-ins read. */
export async function writeKnown({ folder, tokens }: Ground): Promise<void> {
  await writeFile(join(folder, 'known'), tokens.map((token) => `Bearer ${token}\n`).join(''));
}

/** Starts all stand-ins whose toolchains are there; says which are missing. */
export async function startStandIns(ground: Ground): Promise<Contender[]> {
  const node = (file: string) => ({ command: process.execPath, args: [join(STAND_INS, file)] });
  const kinds = [
    { name: 'grpc-js, look-up only', command: async () => node('grpc-js.ts') },
    { name: 'node:http2, look-up only', command: async () => node('node-http2.ts') },
    { name: 'grpc-go, look-up only', command: async () => ({ command: await goStandIn(), args: [] }) },
    { name: 'Rust tonic, look-up only', command: async () => ({ command: await tonicStandIn(), args: [] }) },
  ];
  const started: Contender[] = [];
  for (const { name, command } of kinds) {
    try {
      started.push(await startStandIn(name, await command(), ground));
    } catch (error) {
      process.stderr.write(`left out: ${name}: ${String(error)}\n`);
    }
  }
  return started;
}

async function startStandIn(
  name: string,
  { command, args }: { command: string; args: string[] },
  { core, folder }: Ground,
): Promise<Contender> {
  const [port = 0] = await freePorts(1);
  // One thread for Go: it has one core.
  const env = { GOMAXPROCS: '1' };
  const started = startProcess({ command, args: [...args, String(port), join(folder, 'known')], env });
  await untilReady(started, [port]);
  const { pid } = started;
  if (pid === undefined) throw new Error('it has no process');
  await pin(pid, core);
  return { name, port, pid, stop: () => started.stop() };
}

/** Starts the full service on its core. */
export async function startSallyport(setting: Setting, { core }: Pick<Ground, 'core'>): Promise<Contender> {
  const { port, pid, stop } = await startFullService(setting);
  await pin(pid, core);
  return { name: setting.name, port, pid, stop };
}

/**
 * A server that is already running: `NAME=HOST:PORT`, and `,PID` of the process whose CPU time counts. Throws a
 * {@link UsageError} for anything else.
 */
export function otherServer(text: string): Contender {
  const [, name, host, port, pid] = /^(?:([^=]+)=)?([^:]+):(\d+)(?:,(\d+))?$/.exec(text) ?? [];
  if (host !== '127.0.0.1' && host !== 'localhost') {
    throw new UsageError(`--against ${text}: expected NAME=127.0.0.1:PORT or NAME=127.0.0.1:PORT,PID`);
  }
  const stop = async (): Promise<void> => {};
  return {
    name: name ?? `${host}:${port}`,
    port: Number(port),
    pid: pid === undefined ? undefined : Number(pid),
    stop,
  };
}
