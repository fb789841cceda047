import { readFile } from 'node:fs/promises';
import { CHECK_PATH, checkFrame, GRPC_FIELDS } from './checks.ts';
import type { Effort } from './direct.ts';
import { Table } from './figures.ts';
import type { FullService, Setting } from './full-service.ts';
import { startFullService } from './full-service.ts';
import { measureInTurns } from './measure.ts';

/** One process beside two workers: the CPU time of all processes of each, at 8 connections. Nothing but the load is pinned. */
export async function measureWorkers(setting: Setting, token: string, effort: Effort): Promise<Table> {
  const table = new Table();
  const services: FullService[] = [];
  try {
    const one = await startFullService(setting);
    services.push(one);
    const two = await startFullService({ ...setting, more: { ...setting.more, workers: 2 } });
    services.push(two);
    const load = { paths: [CHECK_PATH], fields: GRPC_FIELDS, body: checkFrame(token, crypto.randomUUID()) };
    const subjects = [
      { name: 'one process', service: one, pids: [one.pid] },
      { name: 'two workers', service: two, pids: [two.pid, ...(await childrenOf(two.pid))] },
    ].map(({ name, service, pids }) => ({
      name,
      processes: { 'CPU µs': pids },
      load: { ...load, port: service.port, connections: 8, streams: 32, core: effort.cores[1] },
    }));
    await measureInTurns(table, subjects, effort);
  } finally {
    for (const service of services) await service.stop();
  }
  return table;
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}
