import { text } from 'node:stream/consumers';
import type { Kubectl } from './kubectl.ts';
import type { Account } from './platform.ts';

const GATEWAY = 'http://gateway';
const EXEC = ['exec', '--stdin', 'deployment/client', '--', 'node', '/client/client.mjs'];

/** One request to the gateway. */
export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What the gateway answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How a load was answered. */
export interface LoadResult {
  readonly sent: number;
  /** Answered with the expected status. */
  readonly expected: number;
  /** The others: how many, by status and code or by error. */
  readonly others: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** How a revocation took effect. */
export interface RevocationResult {
  /** What the revocation was answered with. */
  readonly status: number;
  /** Uses of the token that began after that answer, and how many of them were accepted or denied with 401. */
  readonly uses: number;
  readonly accepted: number;
  readonly denied: number;
  /** How long after the answer the last use that was accepted began. */
  readonly lastAcceptedMs: number;
}

/** A token as the token service issues it. */
export interface Issued {
  readonly id: string;
  readonly access_token: string;
}

/** Asks the gateway from a Pod of the cluster. */
export class GatewayClient {
  private readonly kubectl: Kubectl;

  constructor(kubectl: Kubectl) {
    this.kubectl = kubectl;
  }

  async call(asked: Asked): Promise<Answer> {
    const answer: Answer = JSON.parse(await this.kubectl.run([...EXEC, 'call'], JSON.stringify(requestOf(asked))));
    return answer;
  }

  /** Revokes a token while it is in use. */
  async revoke(use: Asked, revoke: Asked): Promise<RevocationResult> {
    const input = JSON.stringify({ use: requestOf(use), revoke: requestOf(revoke) });
    const result: RevocationResult = JSON.parse(await this.kubectl.run([...EXEC, 'revoke'], input));
    return result;
  }

  /** Issues a token to an account. */
  async issue(account: Account, scopes: readonly string[]): Promise<Issued> {
    const answer = await this.call({
      method: 'POST',
      path: '/3rdparty/v1/auth/token',
      headers: { authorization: basic(account), 'content-type': 'application/json' },
      body: { ttl: 3_600, scopes },
    });
    if (answer.status !== 201) throw new Error(`no token was issued: ${answer.status} ${answer.body}`);
    const issued: Issued = JSON.parse(answer.body);
    return issued;
  }

  /**
   * Repeats one request while `during` runs. Resolves to how the requests were answered.
   *
   * @param expected the status that counts as answered.
   */
  async underLoad(
    asked: Asked,
    expected: number,
    during: () => Promise<unknown>,
    perSecond = 100,
  ): Promise<LoadResult> {
    const child = this.kubectl.start([...EXEC, 'load']);
    const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    const printed = Promise.all([ended, text(child.stdout), text(child.stderr)]);
    child.stdin.write(`${JSON.stringify({ ...requestOf(asked), expected, perSecond })}\n`);
    try {
      await during();
    } finally {
      child.stdin.end();
    }
    const [code, out, err] = await printed;
    if (code !== 0) throw new Error(`the load ended with exit code ${code}: ${err}`);
    const result: LoadResult = JSON.parse(out);
    return result;
  }
}

export function basic({ name, password }: Account): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}

/** The figure of a load, such as `2,412 requests in 24 s, 0 failed, p50 1.2 ms, p99 8.4 ms`. */
export function loadText({ sent, expected, others, seconds, p50Ms, p99Ms, maxMs }: LoadResult): string {
  const failed = Object.entries(others).map(([outcome, count]) => `${count} × ${outcome.trim()}`);
  const counts = `${sent.toLocaleString('en')} requests in ${seconds.toFixed(0)} s, ${sent - expected} failed`;
  const times = [p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(1));
  return `${counts}${failed.length === 0 ? '' : ` (${failed.join(', ')})`}, p50 ${times[0]} ms, p99 ${times[1]} ms, longest ${times[2]} ms`;
}

function requestOf({ method, path, headers, body }: Asked): object {
  return { url: GATEWAY + path, method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
}
