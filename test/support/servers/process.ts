import { spawn } from 'node:child_process';
import { untilAccepting } from '../../../deploy/demo/ports.ts';

const READY_MS = 50_000;
const STOP_MS = 20_000;

/** For `expect.poll()`: a line of a process may arrive later than the response to the request that it is about. */
export const LOGGED = { timeout: 10_000 };

/** A process under test. */
export interface Process {
  readonly pid: number | undefined;
  /** Returns everything that it has written to stdout and stderr. */
  output(): string;
  /** Resolves to its exit code, `null` after a signal. */
  readonly ended: Promise<number | null>;
  /** Sends SIGTERM, and SIGKILL after twenty seconds; resolves to its exit code. */
  stop(): Promise<number | null>;
  /** Kills it, like a crash; resolves once it has exited. */
  kill9(): Promise<void>;
}

export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a process and keeps its output in memory. It never outlives the tests. */
export function startProcess({ command, args, env }: ProcessOptions): Process {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  const crash = (): void => void child.kill('SIGKILL');
  process.once('exit', crash);
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  void ended.catch(() => {}).finally(() => process.off('exit', crash));
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    const timer = setTimeout(crash, STOP_MS);
    return ended.finally(() => clearTimeout(timer));
  };
  const kill9 = async (): Promise<void> => {
    crash();
    await ended;
  };
  return { pid: child.pid, output: () => output, ended, stop, kill9 };
}

/** Resolves once all ports accept connections. Rejects with the output if the process exits first or takes too long. */
export async function untilReady(started: Process, ports: readonly number[]): Promise<void> {
  const died = started.ended.then((code) => {
    throw new Error(`it exited with code ${code}`);
  });
  try {
    await Promise.race([died, Promise.all(ports.map((port) => untilAccepting(port, READY_MS)))]);
  } catch (cause) {
    await started.kill9();
    throw new Error(`the process did not become ready:\n${started.output()}`, { cause });
  }
}
