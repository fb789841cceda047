// A service that keeps answers: node service.ts 127.0.0.1:9194. Each line of standard input is a token and a scope.
import { createInterface } from 'node:readline';
import type { Decision, Event } from './connect.ts';
import { ask, caller, connect } from './connect.ts';
import { KeptAnswers } from './kept-answers.ts';

/** The next stream begins so long before the former one ends, in milliseconds. */
const HANDOVER_MS = 15_000;
const RETRY_MS = 200;

const client = connect(process.argv[2] ?? '127.0.0.1:9194');
const kept = new KeptAnswers<Decision>();

function follow(): void {
  const watch = kept.opens();
  let isFollowed = false;
  const followOnce = (afterMs: number): void => {
    if (!isFollowed) setTimeout(follow, afterMs);
    isFollowed = true;
  };
  const over = (): void => {
    kept.ended(watch);
    followOnce(RETRY_MS);
  };
  const request = { caller_time: Math.round(watch.sentAt.monotonicMs) };
  const stream = client.WatchRevocations(request, caller(), { deadline: Date.now() + 90_000 });
  stream.on('data', (message: Event) => {
    if (message.event === 'changed') kept.changed(message.changed.keys);
    else if (message.event === 'reset') kept.reset();
    else if (message.event === 'beat') {
      kept.beat(watch, message.beat);
      if (message.beat.ends_in_ms < HANDOVER_MS) followOnce(0);
    }
  });
  stream.on('error', over).on('end', over);
}

/** Asks, unless an answer is kept. Anything that goes wrong denies. */
async function authorize(token: string, scope: string): Promise<string> {
  const question = `${scope} ${token}`;
  if (kept.find(question) !== undefined) return 'allowed, kept';
  const askedAt = kept.now();
  try {
    const answer = await ask(client.Authorize.bind(client), { token, scope });
    kept.keep(question, askedAt, answer);
    return answer.allowed ? 'allowed, asked' : `denied: ${answer.reason}`;
  } catch {
    return 'denied: no answer';
  }
}

follow();
for await (const line of createInterface({ input: process.stdin })) {
  const [token = '', scope = ''] = line.split(' ');
  console.log(await authorize(token, scope));
}
process.exit();
