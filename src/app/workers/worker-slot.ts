import type { Timers } from '../../lib/clock.ts';
import { afterRunning } from '../../lib/timers/after-running.ts';
import { backOff } from '../../lib/timers/back-off.ts';
import type { WorkerEvents } from '../../observe/events/worker-events.ts';
import type { WorkerState } from '../../observe/sources.ts';
import type { EncodedConfig } from './config-codec.ts';
import type { Report } from './messages.ts';
import type { Silence } from './silence.ts';
import { measureSilence } from './silence.ts';
import type { RunningWorker, WorkerProcessParts } from './worker-process.ts';
import { WorkerValues } from './worker-values.ts';

/** The wait before a worker is replaced. It doubles with each one that ends soon. */
const REPLACE = { firstMs: 100, longestMs: 30_000, jitter: 0.5 };
/** After a worker has lived for this long, in milliseconds, the waits begin again with the shortest one. */
const SETTLED_MS = 60_000;
/** Seconds without a report after which a worker counts as silent: it reports every second. */
const SILENT_S = 3;
/** … after which no answer is expected of it, so that the others get their configuration. */
const UNRESPONSIVE_S = 5;
/** … after which it is replaced. */
const LOST_S = 15;
/** The same for one that starts: it reports once it has loaded its code, which takes long on a busy machine. */
const LOST_START_S = 120;
/** Processes answer within milliseconds. A scrape waits no longer for one that does not. */
const COLLECT_MS = 500;
/** Building a configuration with 10,000 routes takes a tenth of a second, and more on a busy machine. */
const PREPARE_MS = 30_000;

/** The configuration that workers start with. Each one that is taken up is another object. */
export interface Generation {
  readonly config: EncodedConfig;
}

export interface WorkerSlotParts {
  /** Its number, from 1. */
  readonly worker: number;
  readonly events: WorkerEvents;
  readonly timers: Timers;
  readonly nowMs: () => number;
  /** Receives each line of the workers' logs. */
  readonly relay: (line: string) => void;
  /** The configuration in force. */
  readonly current: () => Generation;
  /** Whether the whole instance is ready. */
  readonly isReady: () => boolean;
  readonly startProcess: (parts: WorkerProcessParts) => RunningWorker;
  /** Called when {@link WorkerSlot.isServing} may have changed. */
  readonly changed: () => void;
}

/** What became of a configuration in one worker: `gone` if the process has ended or does not respond. */
export type Preparation =
  | { readonly outcome: 'prepared'; readonly apply: () => void }
  | { readonly outcome: 'refused'; readonly why: string }
  | { readonly outcome: 'gone'; readonly replace: () => void };

/** The place of one worker: its process, and the processes that replace it. */
export class WorkerSlot {
  readonly values = new WorkerValues();
  private readonly parts: WorkerSlotParts;
  private process: RunningWorker | undefined;
  private listens = false;
  private silence: Silence | undefined;
  private troubles: readonly string[] = [];
  private replaced = 0;
  private shortLives = 0;
  private startedAtMs = 0;
  private isReplacing = false;
  /** Only one configuration at a time is prepared at a process. */
  private catchingUp: Promise<void> = Promise.resolve();
  private isClosing = false;
  private closed: () => void = () => undefined;
  private cancelStart: () => void = () => undefined;

  constructor(parts: WorkerSlotParts) {
    this.parts = parts;
  }

  /** Whether it answers requests, as far as is known. */
  get isServing(): boolean {
    return this.listens && !this.isSilent;
  }

  get state(): WorkerState {
    const { process, replaced, troubles, values, listens, isSilent } = this;
    const status = process === undefined ? 'ended' : !listens ? 'starting' : isSilent ? 'silent' : 'ready';
    const { worker } = this.parts;
    return { worker, status, pid: process?.pid, replaced, decisions: values.decisions, troubles };
  }

  /** Starts the first process. Resolves to the address of its door; rejects, and starts no other, if it cannot. */
  async start(): Promise<string> {
    const address = await this.startProcess();
    this.isReplacing = true;
    return address;
  }

  /** The whole instance is ready. */
  ready(): void {
    this.process?.send({ kind: 'ready' });
  }

  /** Reports not ready from now on. */
  stopReady(): void {
    this.process?.send({ kind: 'stop ready' });
  }

  /** Lets it measure again, for a reader of metrics. Never rejects. */
  async collect(reader: number): Promise<void> {
    const process = this.isServing ? this.process : undefined;
    const answer = await process?.ask({ kind: 'collect', reader }, COLLECT_MS);
    const isAnswered = answer?.kind === 'collected' && this.process === process;
    if (isAnswered) this.values.counted(answer.counts);
    this.values.measured(isAnswered ? answer.gauges : new Map());
  }

  /**
   * Has its process build what a configuration decides. A process that does not listen yet has nothing to do: it takes up
   * the configuration in force once it listens. Never rejects.
   */
  async prepare(config: EncodedConfig): Promise<Preparation> {
    await this.catchingUp;
    const { process } = this;
    if (!this.listens || process === undefined) return { outcome: 'prepared', apply: () => this.catchUp() };
    return this.prepareAt(process, config);
  }

  /** Lets it finish its requests and end, and kills it after the limit. Resolves when it has ended; none replaces it. */
  async close(limitMs: number): Promise<void> {
    this.isClosing = true;
    this.cancelStart();
    const { process } = this;
    if (process === undefined) return;
    const ended = Promise.withResolvers<void>();
    this.closed = ended.resolve;
    const cancel = afterRunning(this.parts.timers, limitMs, () => this.killHung(process));
    process.send({ kind: 'close' });
    await ended.promise;
    cancel();
  }

  private async startProcess(): Promise<string> {
    const { worker, relay, current, isReady, changed, nowMs, timers } = this.parts;
    const started = current();
    this.startedAtMs = nowMs();
    const process: RunningWorker = this.parts.startProcess({
      worker,
      config: started.config,
      relay,
      reported: (report) => this.noteReport(process, report),
      ended: (how) => this.noteEnd(process, how),
    });
    this.process = process;
    const silence = measureSilence(timers, (seconds) => this.noteSilence(process, seconds));
    this.silence = silence;
    const address = await process.started;
    silence.broken();
    if (isReady()) process.send({ kind: 'ready' });
    this.listens = this.process === process;
    changed();
    if (current() !== started) this.catchUp();
    return address;
  }

  /** Has a process that listens, but has a former configuration, take up the one in force. */
  private catchUp(): void {
    const { process } = this;
    if (this.listens && process !== undefined) this.catchingUp = this.bringUpToDate(process);
  }

  private async bringUpToDate(process: RunningWorker): Promise<void> {
    const preparation = await this.prepareAt(process, this.parts.current().config);
    if (preparation.outcome === 'prepared') preparation.apply();
    else if (preparation.outcome === 'gone') preparation.replace();
    else this.replaceOutdated(process, preparation.why);
  }

  private async prepareAt(process: RunningWorker, config: EncodedConfig): Promise<Preparation> {
    const answer = await process.ask({ kind: 'prepare', config }, PREPARE_MS);
    if (answer?.kind !== 'prepared') {
      return { outcome: 'gone', replace: () => this.replaceOutdated(process, 'it does not respond') };
    }
    if (answer.refused !== undefined) return { outcome: 'refused', why: answer.refused };
    const apply = (): void => (this.process === process ? process.send({ kind: 'apply' }) : this.catchUp());
    return { outcome: 'prepared', apply };
  }

  private replaceOutdated(process: RunningWorker, why: string): void {
    if (this.process !== process) return;
    this.parts.events.workerOutdated(this.parts.worker, why);
    process.kill();
  }

  private get isSilent(): boolean {
    return this.silence !== undefined && this.silence.seconds >= SILENT_S;
  }

  /** Replaces a process that has not reported for too long. */
  private noteSilence(process: RunningWorker, seconds: number): void {
    if (seconds === SILENT_S) this.parts.changed();
    if (seconds === UNRESPONSIVE_S) process.stopAsking();
    if (seconds >= (this.listens ? LOST_S : LOST_START_S)) this.killHung(process);
  }

  private killHung(process: RunningWorker): void {
    const { events, worker } = this.parts;
    this.silence?.end();
    if (this.isClosing) events.workerNotStopped(worker, process.pid);
    else events.workerSilent(worker, process.pid);
    process.kill();
  }

  private noteReport(process: RunningWorker, { counts, troubles }: Report): void {
    // Otherwise its last values would be added to those that it ended with.
    if (this.process !== process) return;
    const wasSilent = this.isSilent;
    this.silence?.broken();
    this.troubles = troubles;
    if (counts !== undefined) this.values.counted(counts);
    if (wasSilent) this.parts.changed();
  }

  private noteEnd({ pid }: RunningWorker, how: string): void {
    this.process = undefined;
    this.silence?.end();
    this.silence = undefined;
    this.listens = false;
    this.troubles = [];
    this.values.processEnded();
    this.closed();
    this.parts.changed();
    if (this.isClosing || !this.isReplacing) return;
    const { worker, events, timers, nowMs } = this.parts;
    if (nowMs() - this.startedAtMs >= SETTLED_MS) this.shortLives = 0;
    const waitMs = backOff(REPLACE, this.shortLives);
    this.shortLives += 1;
    events.workerEnded(worker, pid, how, waitMs);
    this.cancelStart = timers.after(waitMs, () => void this.startReplacement());
  }

  private async startReplacement(): Promise<void> {
    const { worker, events } = this.parts;
    this.replaced += 1;
    try {
      await this.startProcess();
      events.workerReplaced(worker, this.process?.pid);
    } catch (error) {
      // Its end is noted, and starts the next one.
      if (!this.isClosing) events.workerNotStarted(worker, error);
    }
  }
}
