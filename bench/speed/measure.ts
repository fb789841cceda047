import { cpuMicros } from './cpu.ts';
import type { Table } from './figures.ts';
import type { Load } from './h2load.ts';
import { runH2load } from './h2load.ts';

const WARM_UP = 20_000;
const ROUGH = 10_000;

/** What is loaded, and whose CPU time counts. */
export interface Subject {
  readonly name: string;
  /** By the name of the column: the processes whose CPU time counts. */
  readonly processes: Readonly<Record<string, readonly (number | undefined)[]>>;
  readonly load: Omit<Load, 'requests'>;
}

/** Warms up and loads each subject in turn, in so many rounds: what disturbs the machine disturbs all of them. */
export async function measureInTurns(
  table: Table,
  subjects: readonly Subject[],
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<void> {
  const rates = new Map<Subject, number>();
  for (const subject of subjects) {
    const few = subject.load.streams * subject.load.connections < 8;
    await runH2load({ ...subject.load, requests: few ? WARM_UP / 10 : WARM_UP });
    const { perSecond } = await runH2load({ ...subject.load, requests: few ? ROUGH / 10 : ROUGH });
    rates.set(subject, perSecond);
  }
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      const requests = Math.max(1_000, Math.round((rates.get(subject) ?? 0) * seconds));
      await measureOne(table, subject, requests);
    }
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
}

async function measureOne(table: Table, { name, processes, load }: Subject, requests: number): Promise<void> {
  const before = await cpuOf(processes);
  const figures = await runH2load({ ...load, requests });
  const after = await cpuOf(processes);
  for (const [column, spent] of after) {
    table.add(name, column, (spent - (before.get(column) ?? Number.NaN)) / requests);
  }
  if (load.streams * load.connections === 1) {
    table.add(name, 'p50 µs', figures.p50Micros);
    table.add(name, 'p99 µs', figures.p99Micros);
  } else {
    table.add(name, 'requests/s', figures.perSecond);
  }
}

async function cpuOf(processes: Subject['processes']): Promise<Map<string, number>> {
  const spent = new Map<string, number>();
  for (const [column, pids] of Object.entries(processes)) {
    const times = await Promise.all(pids.map(async (pid) => (pid === undefined ? Number.NaN : cpuMicros(pid))));
    spent.set(
      column,
      times.reduce((sum, time) => sum + time, 0),
    );
  }
  return spent;
}
