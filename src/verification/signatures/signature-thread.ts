import { Worker } from 'node:worker_threads';
import type { Clock } from '../../core/ports.ts';
import { preloads } from '../../lib/preloads.ts';
import type { VerificationKey } from '../keys.ts';
import { KeyNumbers } from './key-numbers.ts';
import type { Answers, Batch, FromThread } from './messages.ts';
import { NONE } from './messages.ts';
import type { Signer } from './signer.ts';

const THREAD = new URL('./thread.ts', import.meta.url);

/** Questions in one message: a message costs as much as ten of them. */
const BATCH = 16;
/** The most questions without an answer: some 15 milliseconds of ES256. */
const MAX_OPEN = 128;
/** A thread that does not answer for so long hangs. */
const HUNG_MS = 1_000;
/** How often that is checked, and whether it is idle. */
const WATCH_MS = 1_000;
/** After a failure, no other thread starts for so long. */
const PAUSE_MS = 1_000;
/** A thread without questions for so long ends: it takes some megabytes. */
const IDLE_MS = 60_000;
/** In megabytes: it holds nothing but a few batches. */
const MEMORY = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };

export interface SignatureThreadParts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Called when there may be room for questions again. Must not throw. */
  readonly freed: () => void;
  /** Goes on with a token whose answer is here, soon: they come many at a time. By default at once. */
  readonly goOn?: ((work: () => void) => void) | undefined;
  /** The module of the thread. Tests inject one that fails. */
  readonly thread?: URL | undefined;
}

interface Question {
  readonly jws: string;
  readonly algorithm: string;
  readonly keys: readonly VerificationKey[];
  readonly settle: (signer: Signer) => void;
}

/** A batch that was sent. */
interface Sent {
  readonly questions: readonly Question[];
  readonly atMs: number;
}

/** A thread that runs or starts. */
interface Running {
  readonly worker: Worker;
  readonly numbers: KeyNumbers;
  readonly watch: NodeJS.Timeout;
  ready: boolean;
  /** Monotonic milliseconds of the last question. */
  askedAtMs: number;
}

/**
 * A thread that verifies signatures, so that bursts of slow ones block no other decision. It starts when it is needed and
 * ends when it is idle. If it dies, hangs or answers something else than it was asked, all its questions are
 * `unavailable`, and another one takes its place.
 */
export class SignatureThread {
  private readonly parts: SignatureThreadParts;
  private running: Running | undefined;
  private waiting: Question[] = [];
  private readonly sent = new Map<number, Sent>();
  private open = 0;
  private lastId = 0;
  private isFlushing = false;
  private notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(parts: SignatureThreadParts) {
    this.parts = parts;
  }

  /** Whether it answers without a start. */
  get isReady(): boolean {
    return this.running?.ready === true;
  }

  /** Whether it takes another question, once it runs. */
  hasRoom(): boolean {
    return this.open < MAX_OPEN;
  }

  /** Starts the thread, unless it runs or has just failed. Returns whether it runs or starts. */
  start(): boolean {
    if (this.running !== undefined) return true;
    const nowMs = this.parts.clock.monotonicMs();
    if (nowMs < this.notBeforeMs) return false;
    const { thread = THREAD } = this.parts;
    const worker = new Worker(thread, { execArgv: preloads(process.execArgv), resourceLimits: MEMORY });
    const watch = setInterval(() => this.watch(running), WATCH_MS).unref();
    const running: Running = { worker, numbers: new KeyNumbers(), watch, ready: false, askedAtMs: nowMs };
    worker.unref();
    worker.on('message', (message: FromThread) => this.receive(running, message));
    worker.on('error', () => this.fail(running));
    worker.on('exit', () => this.fail(running));
    this.running = running;
    return true;
  }

  /** Asks the thread, after a start if necessary; `undefined` if it takes no question now. */
  find(jws: string, algorithm: string, keys: readonly VerificationKey[]): Promise<Signer> | undefined {
    if (!this.hasRoom() || !this.start()) return undefined;
    this.open += 1;
    const { promise, resolve: settle } = Promise.withResolvers<Signer>();
    this.waiting.push({ jws, algorithm, keys, settle });
    if (this.isReady) this.flushSoon();
    return promise;
  }

  /** Ends the thread for good; its questions are `unavailable`. */
  async close(): Promise<void> {
    const { running } = this;
    this.fail(running);
    this.notBeforeMs = Number.POSITIVE_INFINITY;
    await running?.worker.terminate();
  }

  /** Full batches leave at once, the rest when this turn of the event loop has asked its questions. */
  private flushSoon(): void {
    while (this.waiting.length >= BATCH) this.flush();
    if (this.isFlushing || this.waiting.length === 0) return;
    this.isFlushing = true;
    setImmediate(() => {
      this.isFlushing = false;
      while (this.isReady && this.waiting.length > 0) this.flush();
    });
  }

  private flush(): void {
    const { running } = this;
    if (running === undefined) return;
    const questions = this.waiting.splice(0, BATCH);
    this.lastId += 1;
    running.askedAtMs = this.parts.clock.monotonicMs();
    this.sent.set(this.lastId, { questions, atMs: running.askedAtMs });
    const batch = running.numbers.batch((numberOf) =>
      questions.map(({ jws, algorithm, keys }) => [jws, algorithm, keys.map(({ key }) => numberOf(key))] as const),
    );
    running.worker.postMessage({ id: this.lastId, ...batch } satisfies Batch);
  }

  private receive(running: Running, message: FromThread): void {
    if (running !== this.running) return;
    if (message === 'ready') {
      running.ready = true;
      this.flushSoon();
    } else if (!this.settle(message)) {
      this.fail(running);
    }
    this.parts.freed();
  }

  /** Whether these are answers to a batch that was sent: only then each token gets the answer to its own bytes. */
  private settle({ id, signers }: Answers): boolean {
    const sent = this.sent.get(id);
    if (sent === undefined || signers.length !== sent.questions.length) return false;
    const found = sent.questions.map(({ keys }, index) => signerAt(keys, signers[index]));
    if (found.includes(undefined)) return false;
    this.sent.delete(id);
    this.open -= sent.questions.length;
    const { goOn = (work: () => void): void => work() } = this.parts;
    for (const [index, { settle }] of sent.questions.entries()) goOn(() => settle(found[index] ?? 'unavailable'));
    return true;
  }

  /** Ends this thread, and gives up what it was asked. */
  private fail(failed: Running | undefined): void {
    if (failed === undefined || failed !== this.running) return;
    this.running = undefined;
    clearInterval(failed.watch);
    void failed.worker.terminate();
    const questions = [...[...this.sent.values()].flatMap((sent) => sent.questions), ...this.waiting];
    if (questions.length > 0 || !failed.ready) this.notBeforeMs = this.parts.clock.monotonicMs() + PAUSE_MS;
    this.sent.clear();
    this.waiting = [];
    this.open = 0;
    for (const { settle } of questions) settle('unavailable');
    this.parts.freed();
  }

  private watch(running: Running): void {
    const nowMs = this.parts.clock.monotonicMs();
    const [oldest] = this.sent.values();
    const isHung = oldest !== undefined && nowMs - oldest.atMs >= HUNG_MS;
    const isIdle = this.open === 0 && nowMs - running.askedAtMs >= IDLE_MS;
    if (isHung || isIdle) this.fail(running);
  }
}

/** Returns the key that an answer names; `undefined` if it names none of those that were asked about. */
function signerAt(keys: readonly VerificationKey[], place: number | undefined): Signer | undefined {
  if (place === NONE) return 'none';
  return place === undefined ? undefined : keys[place];
}
