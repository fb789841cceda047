import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** How long a child may take to exit after SIGTERM, in milliseconds. */
const PATIENCE_MS = 5_000;
const TAIL_LINES = 20;

/** A process of the demo. */
export interface Child {
  readonly name: string;
  /** Resolves to how the process exited, as text for people. */
  readonly ended: Promise<string>;
  /** Sends SIGTERM, and SIGKILL after some seconds; resolves once the process has exited. */
  stop(): Promise<void>;
  /** Sends SIGKILL. */
  kill(): void;
  /** Returns the last lines of its output. */
  tail(): string;
}

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** File for the output. */
  readonly log: string;
}

/** Starts a process in its own process group, so that Ctrl-C does not stop it before {@link Child.stop}. */
export function startChild(name: string, { command, args, env, log }: ChildOptions): Child {
  const output = openSync(log, 'w', 0o600);
  const child = spawn(command, args, { env, stdio: ['ignore', output, output], detached: true });
  closeSync(output);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not start: ${error.message}`));
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `exited with code ${code}` : `was killed by ${signal}`),
    );
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const forced = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    await ended;
    clearTimeout(forced);
  };
  const tail = (): string => [`last lines of ${basename(log)}:`, ...lastLines(log)].join('\n  ');
  return { name, ended, stop, kill: () => void child.kill('SIGKILL'), tail };
}

function lastLines(log: string): string[] {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES);
}
