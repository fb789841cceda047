import type { RedisWriter } from '../../redis/redis-client.ts';
import type {
  IdempotencyClaim,
  IdempotencyRecord,
  IdempotencyState,
  IdempotencyStore,
} from '../../tokens/idempotency-store.ts';
import {
  IDEMPOTENCY_KEPT_REQUESTS,
  IDEMPOTENCY_KEPT_SECONDS,
  IDEMPOTENCY_RUN_SECONDS,
} from '../../tokens/idempotency-store.ts';
import { asNumber, asString, parseMembers, refuse } from '../members.ts';
import { idempotencyKeys } from './layout.ts';
import { toList, toNumber, toText } from './replies.ts';

const STATES: readonly IdempotencyState[] = ['running', 'interrupted', 'made'];

/** Idempotency records in Redis: a hash and a sorted set for each account, which expire together. */
export class RedisIdempotency implements IdempotencyStore {
  private readonly writes: RedisWriter;

  constructor(writes: RedisWriter) {
    this.writes = writes;
  }

  async claim({ accountId, key, ...request }: IdempotencyRecord): Promise<IdempotencyClaim> {
    const { records, order } = idempotencyKeys(accountId);
    const record = JSON.stringify({ ...request, state: 'running' });
    const args = [key, record, IDEMPOTENCY_KEPT_SECONDS, IDEMPOTENCY_KEPT_REQUESTS, IDEMPOTENCY_RUN_SECONDS];
    const reply = await this.writes.write({ script: 'idempotency/claim', keys: [records, order], args });
    const [claimed, existing] = toList(reply);
    return { accountId, key, ...toRecord(toText(existing)), isClaimed: toNumber(claimed) > 0 };
  }

  async settle(...[accountId, key, end]: Parameters<IdempotencyStore['settle']>): Promise<void> {
    const { records, order } = idempotencyKeys(accountId);
    await this.writes.write({ script: 'idempotency/settle', keys: [records, order], args: [key, end] });
  }
}

function toRecord(record: string): Omit<IdempotencyClaim, 'accountId' | 'key' | 'isClaimed'> {
  const members = parseMembers(record);
  return {
    fingerprint: asString(members, 'fingerprint'),
    resourceId: asString(members, 'resourceId'),
    state: STATES.find((name) => name === members['state']) ?? refuse('state', STATES.join(' or ')),
    startedAtSeconds: asNumber(members, 'startedAtSeconds'),
  };
}
