import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OWNER, WITH_ACCOUNT } from '../support/servers/case-issuers.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { call } from '../support/servers/http-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { REDIS, SQLITE } from '../support/servers/stores.ts';

const TOKENS = '/3rdparty/v1/auth/token';
const ROUNDS = 5;
const MAX_ROUND_MS = 1_200;
/** How many writes of each kind are acknowledged before a round ends, however busy the machine is. */
const MIN_WRITES = 3;

let sallyport: Sallyport;

interface Issued {
  readonly id: string;
  readonly access_token: string;
}

/** Acknowledged writes: tokens by id, and the ids of revoked tokens. */
interface Acknowledged {
  readonly tokens: Map<string, string>;
  readonly revoked: Set<string>;
  /** The ids that requests to revoke or rotate named, whether or not they succeeded. */
  readonly requested: Set<string>;
  /** How many of the revoked tokens were rotated. */
  rotations: number;
}

describe.each([SQLITE, REDIS])('kill -9 on $name', (kind) => {
  it(`loses no acknowledged write at any moment, ${ROUNDS} times`, { timeout: 120_000 }, async () => {
    const store = await kind.start();
    onTestFinished(() => store.close());
    const env = { ...WITH_ACCOUNT, ...store.env };
    sallyport = await startSallyport({ env, edit: store.edit });
    onTestFinished(() => sallyport.close());

    const acknowledged: Acknowledged = { tokens: new Map(), revoked: new Set(), requested: new Set(), rotations: 0 };
    const manager = await issueWith(OWNER);
    for (let round = 0; round < ROUNDS; round++) {
      const { rotations, revoked } = acknowledged;
      const before = { rotations, revoked: revoked.size - rotations };
      const streams = [1, 2, 3].flatMap(() => [
        issueAndRevoke(manager.access_token, acknowledged),
        rotate(manager.access_token, acknowledged),
      ]);
      await expect
        .poll(() => acknowledged.rotations - before.rotations, { timeout: 20_000, interval: 5 })
        .toBeGreaterThanOrEqual(MIN_WRITES);
      await expect
        .poll(() => revoked.size - acknowledged.rotations - before.revoked, { timeout: 20_000, interval: 5 })
        .toBeGreaterThanOrEqual(MIN_WRITES);
      await wait(Math.random() * MAX_ROUND_MS);
      await sallyport.kill9();
      await Promise.all(streams);
      sallyport = await startSallyport({ env, edit: store.edit, after: sallyport });
      const checks = connectChecks(sallyport.ports.extAuthz);
      await expectKept(checks, acknowledged);
      checks.close();
    }
  });
});

/** Issues tokens and revokes every other one, until the process is killed. */
async function issueAndRevoke(manager: string, { tokens, revoked, requested }: Acknowledged): Promise<void> {
  try {
    for (;;) {
      const { id, access_token } = await issueWith(`Bearer ${manager}`);
      tokens.set(id, access_token);
      if (tokens.size % 2 === 0) continue;
      requested.add(id);
      const path = `${TOKENS}/${id}`;
      const { status } = await call(sallyport.ports.tokens, 'DELETE', path, `Bearer ${manager}`);
      if (status === 204) revoked.add(id);
    }
  } catch {
    // The connection broke with the process. A request without a response is not acknowledged.
  }
}

/** Rotates a private token repeatedly, until the process is killed. Each rotation revokes the old token. */
async function rotate(manager: string, acknowledged: Acknowledged): Promise<void> {
  const { tokens, revoked, requested } = acknowledged;
  const expires_at = new Date(Date.now() + 3_600_000).toISOString();
  const create = async (path: string, body: object) => {
    const { id, access_token } = await post(path, `Bearer ${manager}`, body);
    tokens.set(id, access_token);
    return id;
  };
  try {
    let id = await create('/v1/tokens', { name: 'crash', scopes: ['messages:send'], expires_at });
    for (;;) {
      requested.add(id);
      const successor = await create(`/v1/tokens/${id}/rotate`, { expires_at });
      revoked.add(id);
      acknowledged.rotations += 1;
      id = successor;
    }
  } catch {
    // As above.
  }
}

function issueWith(authorization: string): Promise<Issued> {
  return post(TOKENS, authorization, { scopes: ['messages:send', 'tokens:manage'] });
}

async function post(path: string, authorization: string, body: object): Promise<Issued> {
  const answer = await call(sallyport.ports.tokens, 'POST', path, authorization, body);
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.body}`);
  return JSON.parse(answer.body);
}

/** Expects revoked tokens to be denied, and the others to pass unless a request to revoke them may have succeeded. */
async function expectKept(checks: CheckClient, { tokens, revoked, requested }: Acknowledged): Promise<void> {
  for (const [id, token] of tokens) {
    const headers = [['authorization', `Bearer ${token}`]] as const;
    const request = { method: 'POST', path: '/3rdparty/v1/messages', host: 'h', headers };
    const { outcome } = await checks.check(request, 'raw');
    if (revoked.has(id)) expect(outcome, `revoked token ${id}`).toBe('denied');
    else if (!requested.has(id)) expect(outcome, `token ${id}`).toBe('passes');
  }
}
