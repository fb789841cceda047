import { beforeEach, describe, expect, it } from 'vitest';
import { SimulatedTime } from '../../../test/support/simulated-time.ts';
import { WorkerEvents } from '../../observe/worker-events.ts';
import type { ToWorker } from './messages.ts';
import type { RunningWorker, WorkerProcessParts } from './worker-process.ts';
import type { Generation } from './worker-slot.ts';
import { WorkerSlot } from './worker-slot.ts';

/** A process that does what a test says. */
class FakeProcess implements RunningWorker {
  readonly pid: number;
  readonly sent: string[] = [];
  readonly parts: WorkerProcessParts;
  readonly starting = Promise.withResolvers<string>();
  readonly started = this.starting.promise;
  /** What it answers to `prepare`: prepared by default, `undefined` for nothing. */
  prepared: { readonly refused?: string } | undefined = {};

  constructor(pid: number, parts: WorkerProcessParts) {
    this.pid = pid;
    this.parts = parts;
    this.started.catch(() => undefined);
  }

  send({ kind }: ToWorker): void {
    this.sent.push(kind);
  }

  async ask(question: Parameters<RunningWorker['ask']>[0]): ReturnType<RunningWorker['ask']> {
    this.sent.push(question.kind === 'prepare' ? `prepare ${String(question.config)}` : question.kind);
    return question.kind === 'prepare' && this.prepared !== undefined
      ? { kind: 'prepared', id: 1, ...this.prepared }
      : undefined;
  }

  kill(): void {
    this.end('signal SIGKILL');
  }

  end(how: string): void {
    this.starting.reject(new Error(how));
    this.parts.ended(how);
  }

  report(): void {
    this.parts.reported({ kind: 'report', troubles: ['feed stale'] });
  }
}

let time: SimulatedTime;
let processes: FakeProcess[];
let lines: string[];
let current: Generation;
let isReady: boolean;
let slot: WorkerSlot;

beforeEach(() => {
  [time, processes, lines, current, isReady] = [new SimulatedTime(), [], [], { config: 'one' }, false];
  const write = (_facts: object, message: string): void => void lines.push(message);
  slot = new WorkerSlot({
    worker: 1,
    // As much of a logger as the events need.
    events: new WorkerEvents({ info: write, warn: write, error: write } as never),
    timers: time,
    nowMs: () => time.nowMs,
    relay: () => undefined,
    current: () => current,
    isReady: () => isReady,
    startProcess: (parts) => {
      const process = new FakeProcess(100 + processes.length, parts);
      processes.push(process);
      return process;
    },
    changed: () => undefined,
  });
});

function last(): FakeProcess {
  const process = processes.at(-1);
  if (process === undefined) throw new Error('nothing was started');
  return process;
}

async function begin(): Promise<FakeProcess> {
  const started = slot.start();
  last().starting.resolve('127.0.0.1:1');
  expect(await started).toBe('127.0.0.1:1');
  return last();
}

describe('WorkerSlot.start()', () => {
  it('rejects if the first process cannot start, and starts no other', async () => {
    const started = slot.start();
    last().end('exit code 1');
    await expect(started).rejects.toThrow('exit code 1');
    await time.advance(60_000);
    expect(processes).toHaveLength(1);
  });
});

describe('a process that ends', () => {
  it('is replaced, later each time while its replacements end soon', async () => {
    await begin();
    const waits: number[] = [];
    for (let round = 0; round < 12; round++) {
      const endedMs = time.nowMs;
      last().end('exit code 1');
      expect(slot.state.status).toBe('ended');
      const { length } = processes;
      while (processes.length === length) await time.advance(10);
      waits.push(time.nowMs - endedMs);
    }
    expect(waits[0]).toBeLessThanOrEqual(110);
    for (const [index, wait] of waits.entries()) expect(wait).toBeLessThanOrEqual(100 * 2 ** index + 10);
    expect(waits.at(-1)).toBeGreaterThan(14_000);
    expect(waits.at(-1)).toBeLessThanOrEqual(30_010);
    expect(slot.state.replaced).toBe(12);
    expect(lines.filter((line) => line === 'a worker ended and is replaced')).toHaveLength(12);
  });

  it('is replaced at once again after one that has lived for a minute', async () => {
    await begin();
    for (let round = 0; round < 8; round++) {
      last().end('exit code 1');
      await time.advance(30_000);
    }
    await time.advance(60_000);
    last().end('exit code 1');
    const { length } = processes;
    await time.advance(100);
    expect(processes).toHaveLength(length + 1);
  });

  it('is not replaced during a stop', async () => {
    const process = await begin();
    const closed = slot.close(1_000);
    expect(process.sent).toEqual(['close']);
    process.end('exit code 0');
    await closed;
    await time.advance(60_000);
    expect(processes).toHaveLength(1);
  });
});

describe('a process that does not report', () => {
  it('is silent after three checks, and replaced after fifteen', async () => {
    const process = await begin();
    const statuses: string[] = [];
    for (let check = 1; check <= 15; check++) {
      slot.check();
      statuses.push(slot.state.status);
    }
    expect(statuses).toEqual([...Array(2).fill('ready'), ...Array(12).fill('silent'), 'ended']);
    expect([slot.isServing, process.sent]).toEqual([false, []]);
    expect(lines).toContain('a worker does not respond: it is ended and replaced');
  });

  it('is ready again with its next report', async () => {
    const process = await begin();
    for (let check = 1; check <= 5; check++) slot.check();
    process.report();
    expect([slot.state.status, slot.state.troubles, slot.isServing]).toEqual(['ready', ['feed stale'], true]);
  });

  it('has two minutes to start', async () => {
    const started = slot.start();
    for (let check = 1; check < 120; check++) slot.check();
    expect(slot.state.status).toBe('starting');
    slot.check();
    await expect(started).rejects.toThrow('SIGKILL');
  });
});

describe('WorkerSlot.prepare()', () => {
  it('has the process take up the configuration when it is applied', async () => {
    const process = await begin();
    const preparation = await slot.prepare('two');
    expect(process.sent).toEqual(['prepare two']);
    if (preparation.outcome === 'prepared') preparation.apply();
    expect(process.sent).toEqual(['prepare two', 'apply']);
  });

  it('resolves to why the process refuses it', async () => {
    const process = await begin();
    process.prepared = { refused: 'no' };
    expect(await slot.prepare('two')).toEqual({ outcome: 'refused', why: 'no' });
  });

  it('replaces a process that does not answer, once the others have taken it up', async () => {
    const process = await begin();
    process.prepared = undefined;
    const preparation = await slot.prepare('two');
    expect(slot.state.status).toBe('ready');
    current = { config: 'two' };
    if (preparation.outcome === 'gone') preparation.replace();
    await time.advance(100);
    expect(last().parts.config).toBe('two');
    expect(lines[0]).toBe('a worker did not take up the configuration: it is ended and replaced');
  });

  it.each([
    ['before it is applied', true],
    ['after it was applied', false],
  ])('reaches a process that began with the former one and listens %s', async (_when, listensBefore) => {
    const process = await begin();
    const prepared = slot.prepare('two');
    process.end('exit code 1');
    await time.advance(100);
    const next = last();
    expect(next.parts.config).toBe('one');
    const preparation = await prepared;
    const listen = async (): Promise<void> => {
      next.starting.resolve('127.0.0.1:1');
      await time.advance(0);
    };
    if (listensBefore) await listen();
    current = { config: 'two' };
    if (preparation.outcome === 'prepared') preparation.apply();
    if (!listensBefore) await listen();
    await time.advance(0);
    expect(next.sent).toEqual(['prepare two', 'apply']);
  });

  it('waits for a process that catches up', async () => {
    const started = slot.start();
    current = { config: 'two' };
    last().starting.resolve('127.0.0.1:1');
    await started;
    await slot.prepare('three');
    expect(last().sent).toEqual(['prepare two', 'apply', 'prepare three']);
  });
});

describe('readiness', () => {
  it('reaches a replacement only while the instance is ready', async () => {
    const process = await begin();
    slot.ready();
    slot.stopReady();
    expect(process.sent).toEqual(['ready', 'stop ready']);
    for (const ready of [true, false]) {
      isReady = ready;
      last().end('exit code 1');
      await time.advance(30_000);
      last().starting.resolve('127.0.0.1:1');
      await time.advance(0);
      expect(last().sent).toEqual(ready ? ['ready'] : []);
    }
  });
});
