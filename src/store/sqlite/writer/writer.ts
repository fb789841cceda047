import { Worker } from 'node:worker_threads';
import { StoreError } from '../../../core/ports.ts';
import { storeErrorFrom } from '../database/failure.ts';
import type { Found } from '../known-state.ts';
import type { FromWriter, Operation, ToWriter } from './messages.ts';
import { OPENING } from './messages.ts';

const THREAD = new URL('./writer-thread.ts', import.meta.url);

/** The main thread's end of the writer thread. */
export class Writer {
  /** Resolves once the file is open and migrated, to what was found; rejects with `StoreError` where it can't be. */
  readonly opened: Promise<Found>;
  private readonly worker: Worker;
  private readonly waiting = new Map<number, PromiseWithResolvers<boolean>>();
  private readonly exited = Promise.withResolvers<void>();
  private found: Found = { isEmpty: false, missingEpoch: undefined };
  private lastId = OPENING;
  private ended: StoreError | undefined;

  /** `thread` is injected so that tests can let it die. */
  constructor(path: string, thread: URL = THREAD) {
    // The flags of the main script, `--input-type` for one, are not meant for the thread's.
    this.worker = new Worker(thread, { workerData: path, execArgv: [] });
    this.opened = this.expect(OPENING).then(() => this.found);
    this.worker.on('message', (answers: FromWriter) => this.settle(answers));
    this.worker.on('error', (error) => this.end(storeErrorFrom(path, error)));
    this.worker.on('exit', () => {
      this.end(storeErrorFrom(path, 'the writer thread ended'));
      this.exited.resolve();
    });
  }

  /** Resolves once the operation is committed, or has found nothing to do; rejects with `StoreError`. */
  async ask(operation: Operation): Promise<boolean> {
    if (this.ended !== undefined) throw this.ended;
    this.lastId += 1;
    const answer = this.expect(this.lastId);
    this.send({ id: this.lastId, operation });
    return await answer;
  }

  /** Takes nothing more, finishes what was taken, and resolves when the thread has ended. */
  async close(): Promise<void> {
    this.ended ??= new StoreError('the store is closed');
    this.send('close');
    await this.exited.promise;
  }

  private send(message: ToWriter): void {
    this.worker.postMessage(message);
  }

  private expect(id: number): Promise<boolean> {
    const answer = Promise.withResolvers<boolean>();
    this.waiting.set(id, answer);
    return answer.promise;
  }

  private settle(answers: FromWriter): void {
    for (const answer of answers) {
      const waiting = this.waiting.get(answer.id);
      this.waiting.delete(answer.id);
      if (answer.id === OPENING && 'found' in answer && answer.found !== undefined) this.found = answer.found;
      // An error that crossed from the thread has kept its text, but not its class.
      if ('error' in answer) waiting?.reject(new StoreError(answer.error.message, { cause: answer.error.cause }));
      else waiting?.resolve(answer.done);
    }
  }

  /** A thread that died is not started again: what it left behind should be looked at first. */
  private end(error: StoreError): void {
    this.ended ??= error;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
