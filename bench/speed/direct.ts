import { expectAllow } from './answers.ts';
import { CHECK_PATH, checkFrame, GRPC_FIELDS } from './checks.ts';
import type { Contender } from './contenders.ts';
import { Table } from './figures.ts';
import { measureInTurns } from './measure.ts';

export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
  /** The core of the servers, and that of the load. */
  readonly cores: readonly [server: number, load: number];
}

/** The authorizer alone, a known token: at 4 connections with 64 calls in flight on each, and one at a time. */
export async function measureDirect(contenders: readonly Contender[], token: string, effort: Effort): Promise<Table[]> {
  const body = checkFrame(token, crypto.randomUUID());
  for (const contender of contenders) await expectAllow(contender, body);
  const many = new Table();
  const single = new Table();
  for (const [table, connections, streams] of [
    [many, 4, 64],
    [single, 1, 1],
  ] as const) {
    const load = { paths: [CHECK_PATH], fields: GRPC_FIELDS, body, connections, streams, core: effort.cores[1] };
    const subjects = contenders.map(({ name, port, pid }) => ({
      name,
      processes: { 'CPU µs': [pid] },
      load: { ...load, port },
    }));
    await measureInTurns(table, subjects, effort);
  }
  return [many, single];
}
