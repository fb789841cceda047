import { createHash } from 'node:crypto';
import type { Clock } from '../core/ports.ts';
import type { Sealer } from '../signing/sealer.ts';
import type { IdempotencyStore } from './idempotency-store.ts';

export interface IdempotencyParts {
  readonly store: IdempotencyStore;
  readonly sealer: Pick<Sealer, 'fingerprint'>;
  readonly clock: Pick<Clock, 'wallMs'>;
}

/** A request that makes a resource, and that its caller may repeat. */
export interface RepeatableRequest {
  /** The account that sends the request. Each account has its own keys. */
  readonly accountId: string;
  /** The key that the caller chose for this request (the header `Idempotency-Key`). */
  readonly key: string;
  /** The operation and its parameters, as a JSON value. */
  readonly content: unknown;
}

/** What a request that makes a resource receives. It is the same in each repetition. */
export interface Assigned {
  /** The id of the resource. */
  readonly id: string;
  /**
   * 32 pseudo-random bytes in base64url, for a resource that is not stored as it is. They depend on the caller's key,
   * of which the store has only a hash, and on the secret of the sealer.
   */
  readonly seed: string;
}

/** The same, with nothing in it for a request that is never repeated. */
export type Assignment = { readonly [Member in keyof Assigned]?: Assigned[Member] | undefined };

/** The request must not be executed. */
export type NotRepeatable =
  /** The key was used for a different request. */
  | { readonly outcome: 'key_reused' }
  /** The same request is being executed. */
  | { readonly outcome: 'in_progress' };

/**
 * Ensures that a repeated request makes only one resource. The id of the resource is chosen and stored before it is
 * made, so a repetition finds what an interrupted attempt left behind. The store keeps this id and a keyed fingerprint
 * of the request, but neither the request nor the response: a token is signed again from its record.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
 */
export class Idempotency {
  private readonly parts: IdempotencyParts;

  constructor(parts: IdempotencyParts) {
    this.parts = parts;
  }

  /**
   * @param newId returns an id for a new resource.
   * @param make makes the resource with the assigned id, or returns the existing one.
   * @param hasMade whether the resource was made. If not, the key stays free.
   */
  async run<Result>(
    { accountId, key, content }: RepeatableRequest,
    newId: () => string,
    make: (assigned: Assigned) => Promise<Result>,
    hasMade: (result: Result) => boolean,
  ): Promise<Result | NotRepeatable> {
    const { store, sealer, clock } = this.parts;
    const keyHash = createHash('sha256').update(key).digest('base64url');
    const fingerprint = sealer.fingerprint(JSON.stringify([accountId, key, content]), 'idempotency');
    const startedAtSeconds = clock.wallMs() / 1000;
    const claim = await store.claim({ accountId, key: keyHash, fingerprint, resourceId: newId(), startedAtSeconds });
    if (claim.fingerprint !== fingerprint) return { outcome: 'key_reused' };
    const { resourceId: id } = claim;
    const assigned = { id, seed: sealer.fingerprint(JSON.stringify([accountId, key, id]), 'made once') };
    if (claim.state === 'made') return make(assigned);
    if (!claim.isClaimed) return { outcome: 'in_progress' };
    // If this fails, the request appears to run for a while; then a repetition takes it over with the same id.
    const settle = (end: Parameters<IdempotencyStore['settle']>[2]): Promise<void> =>
      store.settle(accountId, keyHash, end).catch(() => undefined);
    try {
      const result = await make(assigned);
      await settle(hasMade(result) ? 'made' : 'refused');
      return result;
    } catch (error) {
      // The resource may or may not have been made. A repetition continues with the same id.
      await settle('interrupted');
      throw error;
    }
  }
}
