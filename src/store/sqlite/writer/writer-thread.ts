/** The worker thread that does all that may take time: every write, checkpoint, migration and wait for a lock. */
import type { MessagePort } from 'node:worker_threads';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { openForWriting } from '../database/database.ts';
import { storeErrorFrom } from '../database/failure.ts';
import { StoreFile } from '../database/file.ts';
import { StateKeeper } from '../known-state.ts';
import { commitTogether } from './group-commit.ts';
import type { FromWriter, ToWriter } from './messages.ts';
import { OPENING } from './messages.ts';

const path: unknown = workerData;
if (parentPort === null || typeof path !== 'string') throw new Error('runs as a worker thread, on a path');
serve(parentPort, path);

function serve(port: MessagePort, path: string): void {
  const tell = (answers: FromWriter) => port.postMessage(answers);
  try {
    const database = openForWriting(path);
    const place = new StoreFile(path);
    const state = new StateKeeper(database, path);
    const found = state.open();
    port.on('message', (first: ToWriter) => {
      const messages = [first, ...takeWaiting(port)];
      const requests = messages.filter((message) => message !== 'close');
      if (requests.length > 0) {
        const answers = commitTogether(database, place, requests);
        // Before it is acknowledged, so that no copy from before it can pass for the newest one.
        state.record();
        tell(answers);
      }
      if (requests.length === messages.length) return;
      // Closing the last connection to the file checkpoints too; this does where another process has it open.
      database.exec('PRAGMA wal_checkpoint(PASSIVE)');
      database.close();
      port.close();
    });
    tell([{ id: OPENING, value: found }]);
  } catch (error) {
    tell([{ id: OPENING, error: storeErrorFrom(path, error) }]);
  }
}

/** What arrived while the thread was busy, in order. */
function takeWaiting(port: MessagePort): ToWriter[] {
  const messages: ToWriter[] = [];
  for (;;) {
    const received: { message: ToWriter } | undefined = receiveMessageOnPort(port);
    if (received === undefined) return messages;
    messages.push(received.message);
  }
}
