import { beforeEach, describe, expect, it } from 'vitest';
import { SimulatedTime } from '../../../test/support/simulated-time.ts';
import { WorkerEvents } from '../../observe/events/worker-events.ts';
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
  /** How many decisions it has counted, which it says when it is asked. */
  decisions = 0;
  /** Whether it is stopped: it answers nothing, until no answer is expected. */
  isStopped = false;
  stopAsking: () => void = () => undefined;

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
    if (this.isStopped) await new Promise<void>((resolve) => (this.stopAsking = resolve));
    if (question.kind === 'collect') {
      const counts = new Map([['sallyport_outcomes_total', [{ labels: {}, value: this.decisions }]]]);
      return { kind: 'collected', id: 1, counts, gauges: new Map() };
    }
    return question.kind === 'prepare' && this.prepared !== undefined && !this.isStopped
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
  it('is silent after three seconds, and replaced after fifteen', async () => {
    const process = await begin();
    const statuses: string[] = [];
    for (let second = 1; second <= 15; second++) {
      await time.advance(1_000);
      statuses.push(slot.state.status);
    }
    expect(statuses).toEqual([...Array(2).fill('ready'), ...Array(12).fill('silent'), 'ended']);
    expect([slot.isServing, process.sent]).toEqual([false, []]);
    expect(lines.filter((line) => line === 'a worker does not respond: it is ended and replaced')).toHaveLength(1);
  });

  it('is ready again with its next report', async () => {
    const process = await begin();
    await time.advance(5_000);
    process.report();
    expect([slot.state.status, slot.state.troubles, slot.isServing]).toEqual(['ready', ['feed stale'], true]);
  });

  it('has two minutes to start, and then as long as any other', async () => {
    const started = slot.start();
    await time.advance(119_000);
    expect(slot.state.status).toBe('starting');
    last().starting.resolve('127.0.0.1:1');
    await started;
    await time.advance(14_000);
    expect(slot.state.status).toBe('silent');
    await time.advance(1_000);
    expect(slot.state.status).toBe('ended');
  });

  it('is ended if it has not started after two minutes', async () => {
    const started = slot.start();
    const failure = expect(started).rejects.toThrow('SIGKILL');
    await time.advance(120_000);
    await failure;
  });

  it('is ended during a stop too', async () => {
    await begin();
    const closed = slot.close(60_000);
    await time.advance(15_000);
    await closed;
    expect(lines).toEqual(['a worker did not stop in time: it is ended, with its pending requests']);
  });
});

describe('a primary process that was stopped, or busy', () => {
  /** Timers that are due fire first; what has arrived is read then. */
  async function pause(process: FakeProcess, pausedMs: number): Promise<void> {
    time.nowMs += pausedMs;
    await time.advance(0);
    process.report();
  }

  it.each([2_000, 20_000, 3_600_000])('finds its workers ready after %s ms, each time', async (pausedMs) => {
    const process = await begin();
    isReady = true;
    for (let round = 0; round < 40; round++) {
      await pause(process, pausedMs);
      expect(slot.state.status).toBe('ready');
    }
    expect(lines).toEqual([]);
  });

  it('counts the whole pause as one second of a worker that starts', async () => {
    const started = slot.start();
    await time.advance(60_000);
    time.nowMs += 3_600_000;
    await time.advance(58_000);
    last().starting.resolve('127.0.0.1:1');
    expect(await started).toBe('127.0.0.1:1');
  });

  it('gives its workers the rest of their time to stop', async () => {
    const process = await begin();
    const closed = slot.close(10_000);
    await time.advance(1_000);
    await pause(process, 60_000);
    await time.advance(5_000);
    process.end('exit code 0');
    await closed;
    expect(lines).toEqual([]);
  });
});

it('what a process that has ended reported late is not counted twice', async () => {
  const process = await begin();
  const counts = new Map([['sallyport_outcomes_total', [{ labels: {}, value: 3 }]]]);
  const report = (): void => process.parts.reported({ kind: 'report', counts, troubles: [] });
  report();
  process.end('exit code 1');
  expect(slot.state.decisions).toBe(3);
  report();
  expect(slot.state.decisions).toBe(3);
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

  it('waits for a slow process while it reports, and not for one that does not', async () => {
    for (const reports of [true, false]) {
      const process = await begin();
      process.isStopped = true;
      let outcome = 'waits';
      void slot.prepare('two').then((preparation) => ({ outcome } = preparation));
      for (let second = 1; second <= 6; second++) {
        await time.advance(1_000);
        if (reports) process.report();
      }
      expect([reports, outcome]).toEqual([reports, reports ? 'waits' : 'gone']);
      process.stopAsking();
    }
  });

  it('replaces no process that has replaced the one that did not answer', async () => {
    const process = await begin();
    process.prepared = undefined;
    const preparation = await slot.prepare('two');
    process.end('exit code 1');
    await time.advance(100);
    const next = last();
    next.starting.resolve('127.0.0.1:1');
    await time.advance(0);
    current = { config: 'two' };
    if (preparation.outcome === 'gone') preparation.replace();
    expect([preparation.outcome, slot.state.status, slot.state.pid]).toEqual(['gone', 'ready', next.pid]);
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

describe('WorkerSlot.collect()', () => {
  it('has the process count anew', async () => {
    const process = await begin();
    for (const decisions of [5, 7]) {
      process.decisions = decisions;
      await slot.collect(1);
      expect(slot.state.decisions).toBe(decisions);
    }
  });

  it('leaves out what a process says that has ended meanwhile: its last report counts already', async () => {
    const process = await begin();
    process.decisions = 5;
    process.isStopped = true;
    const collected = slot.collect(1);
    process.end('exit code 1');
    process.stopAsking();
    await collected;
    expect(slot.state.decisions).toBe(0);
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
