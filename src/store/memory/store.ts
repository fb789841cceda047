import type { Store } from '../store.ts';
import { MemoryAccounts } from './accounts.ts';
import { MemoryBasicUses } from './basic-uses.ts';
import { MemoryContents } from './contents.ts';
import { MemoryEpochs } from './epochs.ts';
import { MemoryIdempotency } from './idempotency.ts';
import { Life } from './life.ts';
import { MemoryLogInHistory } from './log-in-history.ts';
import { MemoryRevocations } from './revocations.ts';
import { MemorySigningKeys } from './signing-keys.ts';
import { MemoryTokens } from './tokens.ts';
import { MemoryUsedProofs } from './used-proofs.ts';

/**
 * Opens a store that lives as long as its process. It never purges accounts, tokens, keys and revocations.
 *
 * @param wallMs the store's own clock, in Unix milliseconds; tests pass another one.
 */
export function openMemoryStore(wallMs: () => number = Date.now): Store {
  const life = new Life();
  const revocations = new MemoryRevocations(life);
  const accounts = new MemoryAccounts(life, revocations, {
    nowSeconds: () => wallMs() / 1000,
    newestTokenSeconds: (accountId) => tokens.newestSeconds(accountId),
  });
  const tokens = new MemoryTokens(life, accounts);
  const signingKeys = new MemorySigningKeys(life);
  return {
    revocations,
    epochs: new MemoryEpochs(life, revocations),
    feed: revocations,
    accounts,
    tokens,
    idempotency: new MemoryIdempotency(life),
    basicUses: new MemoryBasicUses(life),
    usedProofs: new MemoryUsedProofs(life, wallMs),
    logInHistory: new MemoryLogInHistory({ check: () => life.check() }),
    signingKeys,
    contents: new MemoryContents(life, [accounts, signingKeys, tokens, revocations]),
    close: async () => {
      life.isClosed = true;
    },
  };
}
