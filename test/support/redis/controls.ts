import { rm } from 'node:fs/promises';
import type { Redis } from 'ioredis';
import type { Process } from '../servers/process.ts';

/** What a test does to a server of Redis, or to a Sentinel. */
export interface ServerControls {
  /** Suspends the process, like a machine that hangs: connections stay open, and nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** Kills it, like a crash. */
  kill9(): Promise<void>;
  /** Kills it and removes its folder. */
  close(): Promise<void>;
}

/** Returns the controls of a process; killing it closes the operator's connection first. */
export function controlsOf(server: Process, client: Redis, folder: string): ServerControls {
  // Each command reports its own error.
  client.on('error', () => undefined);
  const signal = (name: NodeJS.Signals): void => void process.kill(server.pid ?? 0, name);
  const kill9 = async (): Promise<void> => {
    client.disconnect();
    await server.kill9();
  };
  const close = async (): Promise<void> => {
    await kill9();
    await rm(folder, { recursive: true, force: true });
  };
  return { freeze: () => signal('SIGSTOP'), thaw: () => signal('SIGCONT'), kill9, close };
}
