import type { Worker } from 'node:cluster';
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { systemTimers } from '../../lib/clock.ts';
import { afterRunning } from '../../lib/timers/after-running.ts';
import type { EncodedConfig } from './config-codec.ts';
import type { Handoffs, Recipient } from './handoffs.ts';
import { followLines } from './lines.ts';
import type { Answer, FromWorker, Question, Report, ToWorker } from './messages.ts';

const ENTRY = fileURLToPath(new URL('./worker-main.ts', import.meta.url));

/** The variable with the first account's password. Only the primary process creates accounts. */
const FIRST_ACCOUNT = 'SALLYPORT_ACCOUNT';

export interface WorkerProcessParts {
  /** From 1. */
  readonly worker: number;
  readonly config: EncodedConfig;
  /** Receives each whole line of its log. */
  readonly relay: (line: string) => void;
  /** Called for each report. */
  readonly reported: (report: Report) => void;
  /** Called once. @param how the exit code or the signal, in words. */
  readonly ended: (how: string) => void;
}

/** What all workers of an instance have in common. */
interface Common {
  /** Names this instance to receivers of telemetry. */
  readonly instanceId: string;
  readonly handoffs: Handoffs;
}

/** A question without its number. */
type Asked = Question extends infer One ? (One extends Question ? Omit<One, 'id'> : never) : never;

/** What a {@link WorkerProcess} is for those who use it. */
export type RunningWorker = Pick<WorkerProcess, 'pid' | 'started' | 'send' | 'ask' | 'stopAsking' | 'kill'>;

/** A worker, as the primary process sees it. */
export class WorkerProcess {
  /** Resolves to the address of its door once it listens; rejects if it ends before. */
  readonly started: Promise<string>;
  private readonly worker: Worker;
  private readonly open = new Map<number, (answer: Answer | undefined) => void>();
  private readonly starting = Promise.withResolvers<string>();
  private readonly reported: WorkerProcessParts['reported'];
  private readonly recipient: Recipient;
  private lastId = 0;
  private failure: string | undefined;

  /** Starts it. */
  constructor({ worker, instanceId, handoffs, config, relay, reported, ended }: WorkerProcessParts & Common) {
    prepareCluster();
    this.reported = reported;
    this.started = this.starting.promise;
    this.started.catch(() => undefined);
    this.worker = cluster.fork({ [FIRST_ACCOUNT]: '' });
    const { process: child } = this.worker;
    this.recipient = handoffs.add(child);
    if (child.stdout !== null) followLines(child.stdout, relay);
    // Code that a worker loads may send values of its own to the parent of its process.
    this.worker.on('message', (message: FromWorker | null) => void (message && this.receive(message)));
    const end = (how: string): void => {
      this.starting.reject(new Error(this.failure ?? `it ended with ${how}`));
      this.stopAsking();
      ended(how);
    };
    this.worker.on('error', ({ message: why }) => {
      // Any other is a message to a process that has just ended, which `exit` reports.
      if (child.pid === undefined) end(`no process: ${why}`);
    });
    const disconnected = new Promise((resolve) => child.once('disconnect', resolve));
    child.once('exit', (code, signal) => {
      // Only then have its last messages been read.
      void disconnected.then(() => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
    this.send({ kind: 'start', worker, instanceId, config });
  }

  get pid(): number | undefined {
    return this.worker.process.pid;
  }

  send(message: ToWorker): void {
    if (this.worker.isConnected()) this.worker.send(message);
  }

  /** Resolves to the answer, or to `undefined` if the worker ends or does not answer within the limit. */
  ask(question: Asked, limitMs: number): Promise<Answer | undefined> {
    this.lastId += 1;
    const id = this.lastId;
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    const cancel = afterRunning(systemTimers, limitMs, () => resolve(undefined));
    this.open.set(id, resolve);
    this.send({ ...question, id });
    return promise.finally(() => {
      cancel();
      this.open.delete(id);
    });
  }

  /** Resolves every open question to `undefined`: no answer is expected any more. */
  stopAsking(): void {
    for (const answer of this.open.values()) answer(undefined);
  }

  /** Ends it at once, also if it is stopped or does not respond. */
  kill(): void {
    this.worker.process.kill('SIGKILL');
  }

  private receive(message: FromWorker): void {
    switch (message.kind) {
      case 'started':
        this.recipient.listens();
        this.starting.resolve(message.address);
        return;
      case 'failed':
        this.failure = message.message;
        return;
      case 'report':
        this.reported(message);
        return;
      case 'connections':
        this.recipient.has(message);
        return;
      case 'prepared':
      case 'collected':
        this.open.get(message.id)?.(message);
    }
  }
}

/**
 * Has `node:cluster` start {@link ENTRY}: a worker's log comes through a pipe, so that its lines and those of others are
 * written whole, one after the other.
 */
function prepareCluster(): void {
  // The other policy leaves workers idle with the few connections that gateways open.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: ENTRY,
    args: [],
    // JSON has neither maps nor bytes.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
}
