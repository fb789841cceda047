import { spawn } from 'node:child_process';
import { untilAccepting } from '../../../deploy/demo/ports.ts';

const READY_MS = 50_000;
const STOP_MS = 20_000;

/** A process under test. */
export interface Process {
  readonly pid: number | undefined;
  /** All that it wrote to stdout and stderr so far. */
  output(): string;
  /** Resolves with its exit code, `null` after a signal. */
  readonly ended: Promise<number | null>;
  /** Asks it to end, insists after twenty seconds, and resolves with its exit code. */
  stop(): Promise<number | null>;
  /** Ends it as a crash would, and resolves once it is gone. */
  kill9(): Promise<void>;
}

export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a process, whose output is kept in memory; it never outlives the tests. */
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
    const insist = setTimeout(crash, STOP_MS);
    return ended.finally(() => clearTimeout(insist));
  };
  const kill9 = async (): Promise<void> => {
    crash();
    await ended;
  };
  return { pid: child.pid, output: () => output, ended, stop, kill9 };
}

/** Resolves once all of these ports take connections; rejects with its output where it ends before, or takes too long. */
export async function untilReady(started: Process, ports: readonly number[]): Promise<void> {
  const died = started.ended.then((code) => {
    throw new Error(`it ended with code ${code}`);
  });
  try {
    await Promise.race([died, Promise.all(ports.map((port) => untilAccepting(port, READY_MS)))]);
  } catch (cause) {
    await started.kill9();
    throw new Error(`the process did not become ready:\n${started.output()}`, { cause });
  }
}
