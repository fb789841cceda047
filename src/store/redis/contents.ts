import type { AccountStore } from '../../accounts/account-store.ts';
import type { Scan } from '../../redis/scan.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { RevocationStore } from '../../revocation-set/revocation-store.ts';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import type { SigningKeyStore } from '../../signing/signing-key-store.ts';
import type { TokenStore } from '../../tokens/token.ts';
import type { StoreContents, StoredRecord } from '../store.ts';
import { SIGNING_KEYS_PREFIX, TOKEN_PREFIX, TRACKED_PREFIXES } from './layout.ts';

export interface RedisContentsParts {
  readonly accounts: Pick<AccountStore, 'list'>;
  readonly signingKeys: Pick<SigningKeyStore, 'read'>;
  readonly tokens: Pick<TokenStore, 'find'>;
  readonly revocations: Pick<RevocationStore, 'readEntries'>;
  readonly scan: Scan;
}

/**
 * Everything in Redis: the keys that SCAN finds, each with its value at the time of the read. A key that exists during the
 * whole scan is found, perhaps twice.
 */
export class RedisContents implements StoreContents {
  private readonly parts: RedisContentsParts;

  constructor(parts: RedisContentsParts) {
    this.parts = parts;
  }

  async *read(): AsyncIterable<StoredRecord> {
    for (const record of await this.parts.accounts.list()) yield { kind: 'account', record };
    yield* this.signingKeys();
    yield* this.tokens();
    for await (const record of this.readRevocations()) yield { kind: 'revocation', record };
  }

  async *readRevocations(): AsyncIterable<RevocationEntry> {
    for (const prefix of TRACKED_PREFIXES) yield* this.revocations(prefix);
  }

  private async *signingKeys(): AsyncIterable<StoredRecord> {
    const { scan, signingKeys } = this.parts;
    const issuers = new Set<string>();
    for await (const keys of scan(SIGNING_KEYS_PREFIX)) {
      for (const key of keys) issuers.add(key.slice(SIGNING_KEYS_PREFIX.length));
    }
    for (const issuer of issuers) {
      for (const record of (await signingKeys.read(issuer)).keys) yield { kind: 'signing-key', record };
    }
  }

  private async *tokens(): AsyncIterable<StoredRecord> {
    const { scan, tokens } = this.parts;
    for await (const keys of scan(TOKEN_PREFIX)) {
      const found = await Promise.all(keys.map((key) => tokens.find(key.slice(TOKEN_PREFIX.length))));
      for (const record of found) if (record !== undefined) yield { kind: 'token', record };
    }
  }

  private async *revocations(prefix: string): AsyncIterable<RevocationEntry> {
    const { scan, revocations } = this.parts;
    for await (const keys of scan(prefix)) {
      const entries = await revocations.readEntries(keys.filter((key) => !key.startsWith(EPOCH_PREFIX)));
      for (const record of entries) if (record !== undefined) yield record;
    }
  }
}
