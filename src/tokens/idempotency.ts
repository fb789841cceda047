import { createHash } from 'node:crypto';
import type { Clock } from '../core/ports.ts';
import type { Sealer } from '../signing/sealer.ts';
import type { IdempotencyStore } from './idempotency-store.ts';

export interface IdempotencyParts {
  readonly store: IdempotencyStore;
  readonly sealer: Pick<Sealer, 'fingerprint'>;
  readonly clock: Pick<Clock, 'wallMs'>;
}

/** A request that makes something, and that its caller may send again. */
export interface RepeatableRequest {
  /** Whose request it is. Keys of different accounts have nothing to do with each other. */
  readonly accountId: string;
  /** What the caller chose to tell this request from others. */
  readonly key: string;
  /** All that says what is asked for, as JSON can tell it. */
  readonly content: unknown;
}

/** The request must not be carried out, and is not the one whose answer can be given again. */
export type NotRepeatable =
  /** The key was used for another request. */
  | { readonly outcome: 'key_reused' }
  /** The same request is being carried out. */
  | { readonly outcome: 'in_progress' };

/**
 * Lets a request that is sent twice make one thing. Each gets the id of what it makes before that is made, so the maker
 * itself finds what a broken or a lost attempt left behind. The store keeps that id and a keyed fingerprint of the
 * request, and neither the request nor the answer: a token is signed again from its record.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
 */
export class Idempotency {
  private readonly parts: IdempotencyParts;

  constructor(parts: IdempotencyParts) {
    this.parts = parts;
  }

  /**
   * @param newId an id for what is made.
   * @param make makes what has this id. Where that exists already, it is shown again, and nothing is made.
   * @param hasMade whether something was made. Where it was not, the key stays free.
   */
  async run<Result>(
    { accountId, key, content }: RepeatableRequest,
    newId: () => string,
    make: (id: string) => Promise<Result>,
    hasMade: (result: Result) => boolean,
  ): Promise<Result | NotRepeatable> {
    const { store, sealer, clock } = this.parts;
    const keyHash = createHash('sha256').update(key).digest('base64url');
    const fingerprint = sealer.fingerprint(JSON.stringify([accountId, key, content]), 'idempotency');
    const startedAtSeconds = clock.wallMs() / 1000;
    const claim = await store.claim({ accountId, key: keyHash, fingerprint, resourceId: newId(), startedAtSeconds });
    if (claim.fingerprint !== fingerprint) return { outcome: 'key_reused' };
    if (claim.state === 'made') return make(claim.resourceId);
    if (!claim.isClaimed) return { outcome: 'in_progress' };
    // Where this fails, the request counts as running for a while, and is taken over with the same id then.
    const settle = (end: Parameters<IdempotencyStore['settle']>[2]): Promise<void> =>
      store.settle(accountId, keyHash, end).catch(() => undefined);
    try {
      const result = await make(claim.resourceId);
      await settle(hasMade(result) ? 'made' : 'refused');
      return result;
    } catch (error) {
      // Nobody knows whether it was made. Whoever asks again goes on with the same id.
      await settle('interrupted');
      throw error;
    }
  }
}
