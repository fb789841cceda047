// Runs in a pod of the cluster under test and asks the gateway as a client would.
// `call`: reads one request as JSON from standard input and prints the answer.
// `revoke`: uses a token, revokes it, and prints for how long it was still accepted.
// `load`: repeats one request until standard input ends, and prints how many were answered how.
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

const LIMIT_MS = 300_000;
const agent = new Agent({ keepAlive: true });

/** @returns {Promise<{ status: number, headers: object, body: string }>} */
function ask({ url, method = 'GET', headers = {}, body }) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent, timeout: 5_000 }, (response) => {
      text(response).then(
        (answer) => resolve({ status: response.statusCode, headers: response.headers, body: answer }),
        reject,
      );
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer within 5 s')));
    sent.once('error', reject);
    sent.end(body);
  });
}

async function call() {
  process.stdout.write(JSON.stringify(await ask(JSON.parse(await text(process.stdin)))));
}

/** The first line of standard input is the request, with `perSecond` and `expected` (a status). */
async function load() {
  const [line] = await new Promise((resolve) =>
    process.stdin.once('data', (data) => resolve(String(data).split('\n'))),
  );
  const { perSecond, expected, ...asked } = JSON.parse(line);
  const result = { sent: 0, expected: 0, others: {}, milliseconds: [] };
  const open = new Set();
  let running = true;
  process.stdin.once('end', () => (running = false)).resume();
  const began = performance.now();
  while (running && performance.now() - began < LIMIT_MS) {
    const due = Math.floor(((performance.now() - began) / 1_000) * perSecond);
    for (; result.sent < due; result.sent += 1) {
      const one = sendOne(asked, expected, result).finally(() => open.delete(one));
      open.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await Promise.all(open);
  const sorted = result.milliseconds.toSorted((a, b) => a - b);
  const quantile = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const seconds = (performance.now() - began) / 1_000;
  const { milliseconds: _, ...counts } = result;
  process.stdout.write(
    JSON.stringify({ ...counts, seconds, p50Ms: quantile(0.5), p99Ms: quantile(0.99), maxMs: quantile(1) }),
  );
}

/** Standard input is `{ use, revoke }`, two requests. Uses the token 200 times a second until 2 s after the revocation. */
async function revoke() {
  const { use, revoke: revocation } = JSON.parse(await text(process.stdin));
  let revokedAt = Number.POSITIVE_INFINITY;
  let status = 0;
  const uses = [];
  const began = performance.now();
  for (let sent = 0; performance.now() - Math.min(revokedAt, began + 10_000) < 2_000; sent += 1) {
    if (sent === 100) {
      void ask(revocation).then((answer) => {
        revokedAt = performance.now();
        status = answer.status;
      });
    }
    const at = performance.now();
    uses.push(ask(use).then((answer) => ({ at, status: answer.status })));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const after = (await Promise.all(uses)).filter(({ at }) => at >= revokedAt);
  const accepted = after.filter((answer) => answer.status < 300);
  process.stdout.write(
    JSON.stringify({
      status,
      uses: after.length,
      accepted: accepted.length,
      lastAcceptedMs: accepted.length === 0 ? 0 : accepted.at(-1).at - revokedAt,
      denied: after.filter((answer) => answer.status === 401).length,
    }),
  );
}

async function sendOne(asked, expected, result) {
  const began = performance.now();
  let outcome;
  try {
    const { status, body } = await ask(asked);
    outcome = status === expected ? undefined : `${status} ${codeOf(body)}`;
  } catch (error) {
    outcome = error.message;
  }
  result.milliseconds.push(performance.now() - began);
  if (outcome === undefined) result.expected += 1;
  else result.others[outcome] = (result.others[outcome] ?? 0) + 1;
}

/** The `code` of a problem; otherwise the beginning of what came instead. */
function codeOf(body) {
  try {
    return JSON.parse(body).code ?? '';
  } catch {
    return body.slice(0, 60);
  }
}

await { call, load, revoke }[process.argv[2]]();
agent.destroy();
