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

interface Kept extends IdempotencyRecord {
  readonly state: IdempotencyState;
}

/** Requests that make something, in memory. */
export class MemoryIdempotency implements IdempotencyStore {
  private readonly life: Life;
  /** By account, then by key, in order of their start. */
  private readonly accounts = new Map<string, Map<string, Kept>>();

  constructor(life: Life) {
    this.life = life;
  }

  async claim(request: IdempotencyRecord): Promise<IdempotencyClaim> {
    this.life.check();
    const requests = this.accounts.get(request.accountId) ?? new Map<string, Kept>();
    this.accounts.set(request.accountId, requests);
    for (const [key, { startedAtSeconds }] of requests) {
      if (startedAtSeconds <= request.startedAtSeconds - IDEMPOTENCY_KEPT_SECONDS) requests.delete(key);
    }
    const standing = requests.get(request.key);
    if (standing !== undefined && !canBeTakenOver(standing, request)) return { ...standing, isClaimed: false };
    const kept = { ...request, resourceId: standing?.resourceId ?? request.resourceId, state: 'running' } as const;
    requests.delete(request.key);
    requests.set(request.key, kept);
    for (const key of [...requests.keys()].slice(0, -IDEMPOTENCY_KEPT_REQUESTS)) requests.delete(key);
    return { ...kept, isClaimed: true };
  }

  async settle(...[accountId, key, end]: Parameters<IdempotencyStore['settle']>): Promise<void> {
    this.life.check();
    const requests = this.accounts.get(accountId);
    const standing = requests?.get(key);
    if (requests === undefined || standing === undefined || standing.state === 'made') return;
    if (end === 'refused') requests.delete(key);
    else requests.set(key, { ...standing, state: end });
  }
}

function canBeTakenOver(standing: Kept, { fingerprint, startedAtSeconds }: IdempotencyRecord): boolean {
  const isTooLong = standing.startedAtSeconds <= startedAtSeconds - IDEMPOTENCY_RUN_SECONDS;
  const isLeft = standing.state === 'interrupted' || (standing.state === 'running' && isTooLong);
  return isLeft && standing.fingerprint === fingerprint;
}
