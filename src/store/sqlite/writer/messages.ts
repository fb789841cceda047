import type { Account, AccountChange, AccountVersion } from '../../../accounts/account.ts';
import type { AddTerms, ChangeTerms } from '../../../accounts/account-store.ts';
import type { GuessLimits } from '../../../accounts/guesses/log-in-history-store.ts';
import type { StoreError } from '../../../core/ports.ts';
import type { RevocationEntry } from '../../../revocation-set/entry.ts';
import type { SealedSigningKey } from '../../../signing/signing-key-store.ts';
import type { IdempotencyRecord, IdempotencyStore } from '../../../tokens/idempotency-store.ts';
import type { TokenEnd, TokenRecord, TrackedToken } from '../../../tokens/token.ts';
import type { BasicUse } from '../../../verification/basic/basic-use.ts';
import type { Found } from '../known-state.ts';

/** By what clock something is purged. */
export interface PurgeTime {
  /** The wall clock, in Unix seconds. */
  readonly nowSeconds: number;
  /** How long this process has run since it last asked, by the monotonic clock. */
  readonly passedSeconds: number;
}

/** What the writer can be asked to do, each all or nothing. */
export type Operation =
  | { readonly kind: 'write-revocation' | 'restore-revocation'; readonly entry: RevocationEntry }
  | { readonly kind: 'undo-revocation'; readonly standing: string; readonly undone: RevocationEntry }
  | {
      readonly kind: 'swap-epoch';
      readonly key: string;
      readonly expected: string | undefined;
      readonly value: string;
    }
  | { readonly kind: 'add-account'; readonly account: Account; readonly terms: AddTerms }
  | {
      readonly kind: 'update-account';
      readonly id: string;
      readonly change: AccountChange;
      readonly terms: ChangeTerms;
    }
  | {
      readonly kind: 'remove-account';
      readonly id: string;
      readonly mark: RevocationEntry;
      readonly onlyIf: AccountVersion | undefined;
    }
  | { readonly kind: 'add-token'; readonly token: TokenRecord; readonly accountVersion: number }
  | {
      readonly kind: 'rotate-token';
      readonly id: string;
      readonly successor: TokenRecord;
      readonly accountVersion: number;
      readonly inPlaceOf: string | undefined;
    }
  | { readonly kind: 'end-token'; readonly id: string; readonly end: TokenEnd }
  | { readonly kind: 'forget-token-end'; readonly id: string }
  | { readonly kind: 'mark-tokens-used'; readonly uses: ReadonlyMap<string, number> }
  | {
      readonly kind: 'replace-signing-keys';
      readonly issuer: string;
      readonly revision: number;
      readonly keys: readonly SealedSigningKey[];
    }
  | { readonly kind: 'add-basic-uses'; readonly uses: readonly BasicUse[] }
  | ({ readonly kind: 'count-guess' | 'take-guess-back'; readonly limits: GuessLimits } & Budget)
  | { readonly kind: 'remember-place'; readonly name: string; readonly place: string }
  | { readonly kind: 'forgive-guesses'; readonly name: string }
  | { readonly kind: 'claim-request'; readonly request: IdempotencyRecord }
  | {
      readonly kind: 'settle-request';
      readonly accountId: string;
      readonly key: string;
      readonly end: Parameters<IdempotencyStore['settle']>[2];
    }
  | { readonly kind: 'restore-token'; readonly token: TrackedToken }
  /** Forgets a batch of what has expired; `true` where there may be more. */
  | ({ readonly kind: 'purge' } & PurgeTime);

/** One budget of the history of log-ins. */
interface Budget {
  readonly name: string;
  readonly budget: string;
}

/** One operation on its way to the writer. */
export interface Request {
  readonly id: number;
  readonly operation: Operation;
}

/** What the writer is told; `close` comes last. */
export type ToWriter = Request | 'close';

/** The answer to the request of that id: `done` as the store's interfaces say it, committed when this is sent. */
export type Answer =
  | { readonly id: number; readonly done: boolean; readonly found?: Found }
  | { readonly id: number; readonly error: StoreError };

/** The writer answers as many requests at once as it committed together. */
export type FromWriter = readonly Answer[];

/** Opening the file is answered like a request, before any other, with what was found. */
export const OPENING = 0;
