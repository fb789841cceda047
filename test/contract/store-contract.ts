import { describe } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { describeAccountChanges } from './account-changes-contract.ts';
import { describeAccountVersions } from './account-versions-contract.ts';
import { describeAccounts } from './accounts-contract.ts';
import { describeBasicUses } from './basic-uses-contract.ts';
import { describeClose } from './close-contract.ts';
import { describeContents } from './contents-contract.ts';
import { describeEpochs } from './epochs-contract.ts';
import { describeFeed, describeHearing } from './feed-contract.ts';
import { describeIdempotency } from './idempotency-contract.ts';
import { describeLoginHistory } from './login-history-contract.ts';
import { describeRefresh } from './refresh-contract.ts';
import { describeRevocations } from './revocations-contract.ts';
import type { SetSuccessor } from './rotation-contract.ts';
import { describeRotation } from './rotation-contract.ts';
import { describeSigningKeys } from './signing-keys-contract.ts';
import { describeTokens } from './tokens-contract.ts';
import { describeUsedProofs } from './used-proofs-contract.ts';

/**
 * Tests what the docstrings of the store interfaces require of every store.
 *
 * @param open opens an empty store.
 * @param setSuccessor sets the successor of a token, in the store that was opened last; see {@link describeRotation}.
 */
export function describeStore(name: string, open: () => Promise<Store>, setSuccessor?: SetSuccessor): void {
  describe(`${name} store`, () => {
    describeRevocations(open);
    describeEpochs(open);
    describeFeed(open);
    describeHearing(open);
    describeAccounts(open);
    describeAccountChanges(open);
    describeAccountVersions(open);
    describeTokens(open);
    describeRotation(open, setSuccessor);
    describeRefresh(open);
    describeIdempotency(open);
    describeBasicUses(open);
    describeLoginHistory(open);
    describeUsedProofs(open);
    describeSigningKeys(open);
    describeContents(open);
    describeClose(open);
  });
}
