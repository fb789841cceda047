import { Worker } from 'node:worker_threads';
import { StoreError } from '../../../core/ports.ts';
import { preloads } from '../../../lib/preloads.ts';
import { storeErrorFrom } from '../database/failure.ts';
import type { OpenedState } from '../known-state.ts';
import type { FromWriter, ToWriter } from './messages.ts';
import { OPENING } from './messages.ts';
import type { Arguments, Operation, OperationName, Outcome } from './operations.ts';

const THREAD = new URL('./writer-thread.ts', import.meta.url);

/** The interface of the main thread to the writer thread. */
export class Writer {
  /** Resolves to the state of the store once the file is open and migrated; rejects with `StoreError` if that fails. */
  readonly opened: Promise<OpenedState>;
  private readonly worker: Worker;
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private readonly exited = Promise.withResolvers<void>();
  private lastId = OPENING;
  private ended: StoreError | undefined;

  /** Starts the thread. Tests inject another `thread`, which fails. */
  constructor(path: string, thread: URL = THREAD) {
    this.worker = new Worker(thread, { workerData: path, execArgv: preloads(process.execArgv) });
    // The value of the thread's first answer is the result of `StateKeeper.open`.
    this.opened = this.expect(OPENING) as Promise<OpenedState>;
    this.worker.on('message', (answers: FromWriter) => this.settle(answers));
    this.worker.on('error', (error) => this.end(storeErrorFrom(path, error)));
    this.worker.on('exit', () => {
      this.end(storeErrorFrom(path, 'the writer thread ended'));
      this.exited.resolve();
    });
  }

  /**
   * Resolves to the result of the operation once it is committed. Rejects with `StoreError`; then the operation wrote
   * nothing.
   */
  async ask<Name extends OperationName>(name: Name, ...args: Arguments<Name>): Promise<Outcome<Name>> {
    if (this.ended !== undefined) throw this.ended;
    this.lastId += 1;
    const answer = this.expect(this.lastId);
    // The compiler cannot infer that the name and its arguments are one of the operations.
    const operation = [name, ...args] as readonly [OperationName, ...unknown[]] as Operation;
    this.worker.postMessage({ id: this.lastId, operation } satisfies ToWriter);
    // The value is the result of `perform` for this operation.
    return (await answer) as Outcome<Name>;
  }

  /** Rejects further operations, finishes those that were accepted, and resolves when the thread has ended. */
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
      // The structured clone of an error keeps the message, but not the class.
      if ('error' in answer) waiting?.reject(new StoreError(answer.error.message, { cause: answer.error.cause }));
      else waiting?.resolve(answer.value);
    }
  }

  /** Rejects all operations. A thread that failed is not restarted: an operator should find the cause first. */
  private end(error: StoreError): void {
    this.ended ??= error;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
