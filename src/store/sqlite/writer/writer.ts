import { Worker } from 'node:worker_threads';
import { StoreError } from '../../../core/ports.ts';
import { storeErrorFrom } from '../database/failure.ts';
import type { Found } from '../known-state.ts';
import type { FromWriter, ToWriter } from './messages.ts';
import { OPENING } from './messages.ts';
import type { Arguments, Operation, OperationName, Outcome } from './operations.ts';

const THREAD = new URL('./writer-thread.ts', import.meta.url);

/** The main thread's end of the writer thread. */
export class Writer {
  /** Resolves with what was found once the file is open and migrated; rejects with `StoreError` where it can't be. */
  readonly opened: Promise<Found>;
  private readonly worker: Worker;
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private readonly exited = Promise.withResolvers<void>();
  private lastId = OPENING;
  private ended: StoreError | undefined;

  /** `thread` is injected so that tests can let it die. */
  constructor(path: string, thread: URL = THREAD) {
    // The flags of the main script, `--input-type` for one, are not meant for the thread's.
    this.worker = new Worker(thread, { workerData: path, execArgv: [] });
    // The thread's first answer holds what `StateKeeper.open` returned.
    this.opened = this.expect(OPENING) as Promise<Found>;
    this.worker.on('message', (answers: FromWriter) => this.settle(answers));
    this.worker.on('error', (error) => this.end(storeErrorFrom(path, error)));
    this.worker.on('exit', () => {
      this.end(storeErrorFrom(path, 'the writer thread ended'));
      this.exited.resolve();
    });
  }

  /**
   * Resolves with the result of the operation once it is committed; rejects with `StoreError`, and then nothing of it
   * was written.
   */
  async ask<Name extends OperationName>(name: Name, ...args: Arguments<Name>): Promise<Outcome<Name>> {
    if (this.ended !== undefined) throw this.ended;
    this.lastId += 1;
    const answer = this.expect(this.lastId);
    // The compiler does not see that a name with its arguments is one of all operations.
    const operation = [name, ...args] as readonly [OperationName, ...unknown[]] as Operation;
    this.worker.postMessage({ id: this.lastId, operation } satisfies ToWriter);
    // The thread answers a request with what `perform` returned for this very operation.
    return (await answer) as Outcome<Name>;
  }

  /** Accepts no more operations, waits for those that were accepted, and resolves when the thread has ended. */
  async close(): Promise<void> {
    this.ended ??= new StoreError('the store is closed');
    this.worker.postMessage('close' satisfies ToWriter);
    await this.exited.promise;
  }

  private expect(id: number): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    this.waiting.set(id, answer);
    return answer.promise;
  }

  private settle(answers: FromWriter): void {
    for (const answer of answers) {
      const waiting = this.waiting.get(answer.id);
      this.waiting.delete(answer.id);
      // The structured clone of an error keeps its message, but not its class.
      if ('error' in answer) waiting?.reject(new StoreError(answer.error.message, { cause: answer.error.cause }));
      else waiting?.resolve(answer.value);
    }
  }

  /** A thread that died is not started again: its cause should be found first. */
  private end(error: StoreError): void {
    this.ended ??= error;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
