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
import type { Life } from './life.ts';

interface StoredRequest extends IdempotencyRecord {
  readonly state: IdempotencyState;
}

/** Idempotent requests, in memory. */
export class MemoryIdempotency implements IdempotencyStore {
  private readonly life: Life;
  /** By account, then by key, in order of their start. */
  private readonly accounts = new Map<string, Map<string, StoredRequest>>();

  constructor(life: Life) {
    this.life = life;
  }

  async claim(request: IdempotencyRecord): Promise<IdempotencyClaim> {
    this.life.check();
    const requests = this.accounts.get(request.accountId) ?? new Map<string, StoredRequest>();
    this.accounts.set(request.accountId, requests);
    for (const [key, { startedAtSeconds }] of requests) {
      if (startedAtSeconds <= request.startedAtSeconds - IDEMPOTENCY_KEPT_SECONDS) requests.delete(key);
    }
    const existing = requests.get(request.key);
    if (existing !== undefined && !canBeTakenOver(existing, request)) return { ...existing, isClaimed: false };
    const claimed = { ...request, resourceId: existing?.resourceId ?? request.resourceId, state: 'running' } as const;
    requests.delete(request.key);
    requests.set(request.key, claimed);
    for (const key of [...requests.keys()].slice(0, -IDEMPOTENCY_KEPT_REQUESTS)) requests.delete(key);
    return { ...claimed, isClaimed: true };
  }

  async settle(...[accountId, key, end]: Parameters<IdempotencyStore['settle']>): Promise<void> {
    this.life.check();
    const requests = this.accounts.get(accountId);
    const existing = requests?.get(key);
    if (requests === undefined || existing === undefined || existing.state === 'made') return;
    if (end === 'refused') requests.delete(key);
    else requests.set(key, { ...existing, state: end });
  }
}

function canBeTakenOver(existing: StoredRequest, { fingerprint, startedAtSeconds }: IdempotencyRecord): boolean {
  const isOverdue = existing.startedAtSeconds <= startedAtSeconds - IDEMPOTENCY_RUN_SECONDS;
  const isAbandoned = existing.state === 'interrupted' || (existing.state === 'running' && isOverdue);
  return isAbandoned && existing.fingerprint === fingerprint;
}
