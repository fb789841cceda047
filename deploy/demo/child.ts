import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** How long a child may take to end by itself. */
const PATIENCE_MS = 5_000;
const TAIL_LINES = 20;

/** A process of the demo. */
export interface Child {
  readonly name: string;
  /** Resolves with how it ended, for people to read. */
  readonly ended: Promise<string>;
  /** Asks it to end, insists after a few seconds, resolves once it is gone. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
  /** The last lines that it wrote. */
  tail(): string;
}

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** File for all of its output. */
  readonly log: string;
}

/** Starts a process in a group of its own, so that Ctrl-C reaches it through us and in our order. */
export function startChild(name: string, { command, args, env, log }: ChildOptions): Child {
  const output = openSync(log, 'w', 0o600);
  const child = spawn(command, args, { env, stdio: ['ignore', output, output], detached: true });
  closeSync(output);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not start: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal === null ? `exited with code ${code}` : `died of ${signal}`));
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const insist = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    await ended;
    clearTimeout(insist);
  };
  const tail = (): string => [`last lines of ${basename(log)}:`, ...lastLines(log)].join('\n  ');
  return { name, ended, stop, kill: () => void child.kill('SIGKILL'), tail };
}

function lastLines(log: string): string[] {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES);
}
