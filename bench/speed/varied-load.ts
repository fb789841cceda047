import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CLIENT = fileURLToPath(new URL('varied-client.ts', import.meta.url));

/** Load of many different checks in turn. */
export interface VariedLoad {
  readonly port: number;
  /** The file that {@link writeFrames} wrote. */
  readonly frames: string;
  readonly connections: number;
  /** In flight on each connection. */
  readonly streams: number;
  readonly requests: number;
  /** The length of the right answer, which is the same for all checks, with its prefix. */
  readonly answerBytes: number;
  readonly core: number;
}

/** Writes encoded messages, each with its prefix of gRPC, to a file; resolves to its path. */
export async function writeFrames(folder: string, frames: readonly Buffer[]): Promise<string> {
  const file = join(folder, `frames-${frames.length}`);
  await writeFile(file, Buffer.concat(frames));
  return file;
}

/** Sends checks in turn, from a process of its own. Rejects unless each has an answer of the right length. */
export async function runVaried(load: VariedLoad): Promise<void> {
  const { port, frames, connections, streams, requests, answerBytes, core } = load;
  const args = [CLIENT, port, frames, connections, streams, requests, answerBytes].map(String);
  await promisify(execFile)('taskset', ['-c', String(core), process.execPath, ...args]);
}
