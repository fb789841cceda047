import { answerBytes } from './answers.ts';
import { checkFrame } from './checks.ts';
import { cpuMicros, residentMegabytes } from './cpu.ts';
import type { Effort } from './direct.ts';
import { Table } from './figures.ts';
import { runVaried, writeFrames } from './varied-load.ts';

const CONNECTIONS = 16;
const STREAMS = 16;
const REQUESTS = 300_000;

/**
 * Known tokens in rotation, each check with a request id of its own, at 16 connections: what a check costs, and what the
 * process then holds in memory.
 */
export async function measureManyTokens(
  { name, port, pid }: { readonly name: string; readonly port: number; readonly pid: number },
  tokens: readonly string[],
  counts: readonly number[],
  folder: string,
  effort: Effort,
): Promise<Table> {
  const table = new Table();
  const frames = tokens.map((token) => checkFrame(token, crypto.randomUUID()));
  const files = new Map<number, string>();
  for (const count of counts) files.set(count, await writeFrames(folder, frames.slice(0, count)));
  const load = { port, connections: CONNECTIONS, streams: STREAMS, core: effort.cores[1] };
  const right = await answerBytes({ name, port }, frames[0] ?? Buffer.alloc(0));
  for (let round = 0; round < effort.rounds; round++) {
    for (const [count, file] of files) {
      // Each token is verified first, so that it is known.
      await runVaried({ ...load, frames: file, requests: Math.max(count, 20_000), answerBytes: right });
      const before = await cpuMicros(pid);
      await runVaried({ ...load, frames: file, requests: REQUESTS, answerBytes: right });
      table.add(`${count} tokens`, 'CPU µs', ((await cpuMicros(pid)) - before) / REQUESTS);
      // In later rounds it holds what the round before left, too.
      if (round === 0) table.add(`${count} tokens`, 'RSS MB', await residentMegabytes(pid));
    }
  }
  return table;
}
