import type { KeyObject } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { verifiesJws } from '../../lib/jose/jws-signature.ts';
import type { Answers, Batch, FromThread, Question } from './messages.ts';

/** The signature thread: verifies the signatures of each batch, and answers all of them with one message. */
const keys = new Map<number, KeyObject>();

parentPort?.on('message', ({ id, forget, keys: added, questions }: Batch) => {
  if (forget) keys.clear();
  for (const [number, key] of added) keys.set(number, key);
  send({ id, signers: questions.map(findSigner) } satisfies Answers);
});
send('ready');

function findSigner([jws, algorithm, tried]: Question): number {
  return tried.findIndex((number) => {
    const key = keys.get(number);
    if (key === undefined) throw new Error('a question names a key that was never sent');
    return verifiesJws(jws, algorithm, key);
  });
}

function send(message: FromThread): void {
  parentPort?.postMessage(message);
}
