/** The worker thread for everything that may block: writes, checkpoints, migrations and waits for locks. */
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
if (parentPort === null || typeof path !== 'string') throw new Error('must run as a worker thread, with a path');
serve(parentPort, path);

function serve(port: MessagePort, path: string): void {
  const send = (answers: FromWriter) => port.postMessage(answers);
  try {
    const database = openForWriting(path);
    const file = new StoreFile(path);
    const state = new StateKeeper(database, path);
    const found = state.open();
    port.on('message', (first: ToWriter) => {
      const messages = [first, ...takeWaiting(port)];
      const requests = messages.filter((message) => message !== 'close');
      if (requests.length > 0) {
        const answers = commitTogether(database, file, requests);
        // Before the acknowledgement, so that an older copy can never pass for the newest one.
        state.record();
        send(answers);
      }
      if (requests.length === messages.length) return;
      // Closing the last connection checkpoints too; this covers files that another process has open.
      database.exec('PRAGMA wal_checkpoint(PASSIVE)');
      database.close();
      port.close();
    });
    send([{ id: OPENING, value: found }]);
  } catch (error) {
    send([{ id: OPENING, error: storeErrorFrom(path, error) }]);
  }
}

/** Returns the messages that arrived while the thread was busy, in order. */
function takeWaiting(port: MessagePort): ToWriter[] {
  const messages: ToWriter[] = [];
  for (;;) {
    const received: { message: ToWriter } | undefined = receiveMessageOnPort(port);
    if (received === undefined) return messages;
    messages.push(received.message);
  }
}
