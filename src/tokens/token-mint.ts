import { setTimeout as sleep } from 'node:timers/promises';
import type { Authority } from '../accounts/authority.ts';
import { hasEnded } from '../accounts/authority.ts';
import type { Clock } from '../core/ports.ts';
import { readReach } from '../core/revocation-entry.ts';
import { hashOfKey, makeApiKey } from '../lib/api-key/api-key.ts';
import { isRandomId, randomId } from '../lib/random-id.ts';
import type { CheckedRevocations } from '../revocation-set/checked-revocations.ts';
import { issuerMarkKey, subjectMarkKey } from '../revocation-set/entry-keys.ts';
import { entryFor } from '../revocation-set/target.ts';
import type { TokenSigner } from '../signing/token-signer.ts';
import type { Assignment } from './idempotency.ts';
import type { TokenRecord, TokenStore } from './token.ts';

const ID_LENGTH = 21;

/**
 * The longest wait for the second of a mark to pass. A mark is a second or two ahead if several changes follow each
 * other, and further ahead if clocks differ.
 */
const MAX_WAIT_MS = 3_000;

/** Whether one of our own tokens can have this id. */
export function isTokenId(id: string): boolean {
  return isRandomId(id, ID_LENGTH);
}

/** Receives problems that an operator must fix. */
export interface MintObserver {
  /**
   * No token can be issued to an account, because this machine's clock is behind the mark up to which its tokens ended.
   */
  clockBehindMark(accountId: string, behindSeconds: number): void;
}

export interface TokenMintParts {
  /** The name of our own issuer. */
  readonly issuer: string;
  readonly tokens: Pick<TokenStore, 'add' | 'end' | 'find'>;
  readonly revocations: Pick<CheckedRevocations, 'read' | 'write'>;
  readonly clockSkewMs: number;
  readonly signer: Pick<TokenSigner, 'sign'>;
  /** What API keys begin with; `undefined` if there are none. */
  readonly keyPrefix?: string | undefined;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly observer: MintObserver;
}

/** A new token. Only the response to its request shows it. */
export interface IssuedToken {
  readonly outcome: 'issued';
  readonly id: string;
  readonly accessToken: string;
  readonly scopes: readonly string[];
  readonly createdAtSeconds: number;
  readonly expiresAtSeconds: number;
  /** For an access token with a refresh token: the id of their family. */
  readonly family?: string | undefined;
  readonly refreshToken?: string | undefined;
  /** Whether a repeated request shows an existing token again. */
  readonly isRepeated?: boolean;
}

/** An API key that is not recorded yet, and its record. */
export interface KeyDraft {
  readonly key: string;
  readonly record: TokenRecord;
}

/** Returns the response to a request that made an API key. */
export function issuedKey(record: TokenRecord, key: string): IssuedToken {
  const { id, scopes, createdAtSeconds, expiresAtSeconds } = record;
  return { outcome: 'issued', id, accessToken: key, scopes, createdAtSeconds, expiresAtSeconds };
}

/** Returns a random id for a new token. */
export function newTokenId(): string {
  return randomId(ID_LENGTH);
}

/** Meanwhile the account was removed or disabled, or a change ended its tokens, or the caller's own token ended. */
export interface NoAuthority {
  readonly outcome: 'no_authority';
}

/** A repeated request made an API key that cannot be shown again. */
export interface ShownOnce {
  readonly outcome: 'shown_once';
  readonly id: string;
}

/** The time of issue would not be after the account's mark, so the token would never be valid. */
export interface ClockBehind {
  readonly outcome: 'clock_behind';
  readonly retryAfterSeconds: number;
}

/** The time of issue of a new token, in Unix seconds. */
export interface TokenDate {
  readonly outcome: 'dated';
  readonly createdAtSeconds: number;
}

/** Issues tokens. Each token is recorded before it is returned, so every token in use can be listed. */
export class TokenMint {
  private readonly parts: TokenMintParts;

  constructor(parts: TokenMintParts) {
    this.parts = parts;
  }

  /** Returns the current time in whole Unix seconds. */
  nowSeconds(): number {
    return Math.floor(this.parts.clock.wallMs() / 1000);
  }

  /**
   * Determines the time of issue of a new token: that of the authority or, if a mark ends tokens issued then, the first
   * second after the mark. (The authority itself was established after the mark; otherwise it would not be valid.)
   *
   * Waits up to {@link MAX_WAIT_MS} for that second. If it is further ahead but within the clock skew, returns it at
   * once, because verifiers that allow for the skew accept the token. Further ahead, this instance cannot issue a valid
   * token, and notifies the observer.
   */
  async date({ accountId, atSeconds }: Authority): Promise<TokenDate | ClockBehind> {
    const { issuer, revocations, clock, clockSkewMs, observer } = this.parts;
    const keys = [subjectMarkKey(issuer, accountId), issuerMarkKey(issuer)];
    const marks = (await revocations.read(keys)).map((value, index) => {
      return value === undefined ? Number.NEGATIVE_INFINITY : readReach(keys[index] ?? '', value).issuedUpToSeconds;
    });
    const mark = Math.max(...marks);
    if (atSeconds > mark) return { outcome: 'dated', createdAtSeconds: atSeconds };
    const waitMs = (mark + 1) * 1000 - clock.wallMs();
    if (waitMs > Math.max(MAX_WAIT_MS, clockSkewMs)) {
      const behindSeconds = Math.ceil(waitMs / 1000);
      observer.clockBehindMark(accountId, behindSeconds);
      return { outcome: 'clock_behind', retryAfterSeconds: Math.min(behindSeconds, 60) };
    }
    if (waitMs > 0 && waitMs <= MAX_WAIT_MS) await sleep(waitMs);
    return { outcome: 'dated', createdAtSeconds: mark + 1 };
  }

  /** Returns a record, with a random id by default. Does not store it. */
  draft({ id = newTokenId(), ...token }: Omit<TokenRecord, 'id'> & { readonly id?: string | undefined }): TokenRecord {
    return { id, ...token, scopes: [...new Set(token.scopes)] };
  }

  /**
   * Makes an API key and its record; `undefined` if there are none in this configuration.
   *
   * @param seed the same seed makes the same key; by default it is random.
   */
  draftKey(token: Parameters<TokenMint['draft']>[0], seed?: string): KeyDraft | undefined {
    const { keyPrefix } = this.parts;
    if (keyPrefix === undefined) return undefined;
    const key = makeApiKey(keyPrefix, seed === undefined ? undefined : Buffer.from(seed, 'base64url'));
    return { key, record: this.draft({ ...token, keyHash: hashOfKey(key) }) };
  }

  /** Signs the account's existing token with this id again, for a repeated request; `undefined` if there is none. */
  async repeat(id: string | undefined, accountId: string): Promise<IssuedToken | undefined> {
    const record = id === undefined ? undefined : await this.parts.tokens.find(id);
    if (record?.accountId !== accountId) return undefined;
    return { ...(await this.sign(record)), isRepeated: true };
  }

  /** Does the same for a token that may be an API key. The key is made again from the seed of the request. */
  async repeatAny({ id, seed }: Assignment, accountId: string): Promise<IssuedToken | ShownOnce | undefined> {
    const record = id === undefined ? undefined : await this.parts.tokens.find(id);
    if (record?.accountId !== accountId) return undefined;
    if (record.keyHash === undefined) return { ...(await this.sign(record)), isRepeated: true };
    const again = seed === undefined ? undefined : this.draftKey(record, seed);
    const isSame = again !== undefined && again.record.keyHash === record.keyHash;
    return isSame ? { ...issuedKey(record, again.key), isRepeated: true } : { outcome: 'shown_once', id: record.id };
  }

  /**
   * Records a token and then signs it, so that no signed token lacks a record. Once the new token is recorded, checks
   * the caller's own token again: a later revocation of that one finds the new token in the list.
   *
   * @param key the API key that the record is of; without it, a JWT is signed.
   */
  async issue(record: TokenRecord, authority: Authority, key?: string): Promise<IssuedToken | NoAuthority> {
    if (!(await this.parts.tokens.add(record, authority.accountVersion))) return { outcome: 'no_authority' };
    if (await this.hasEnded(authority)) {
      await this.discard(record);
      return { outcome: 'no_authority' };
    }
    return key === undefined ? await this.sign(record) : issuedKey(record, key);
  }

  /** Reads from the store whether the token on which an authority rests has ended. */
  hasEnded(authority: Authority): Promise<boolean> {
    return hasEnded(authority, this.parts);
  }

  /** Ends a recorded token that was never returned, because a repeated request would show it. */
  async discard({ id: tokenId, accountId: by, expiresAtSeconds }: TokenRecord): Promise<void> {
    const { issuer, revocations, tokens, clockSkewMs } = this.parts;
    const end = { atSeconds: this.nowSeconds(), by, reason: 'the token that issued it was revoked' };
    const { atSeconds: at, reason } = end;
    const target = { kind: 'token', issuer, tokenId, expiresAtSeconds } as const;
    await revocations.write(entryFor(target, { at, by, reason }, clockSkewMs));
    await tokens.end(tokenId, end);
  }

  /** Signs a token. The caller must record it before it returns the token to a client. */
  async sign(record: TokenRecord): Promise<IssuedToken> {
    const { id, accountId, use, scopes, createdAtSeconds, expiresAtSeconds, family } = record;
    const facts = { tokenId: id, subject: accountId, scopes, use, family };
    const accessToken = await this.parts.signer.sign({ ...facts, issuedAtSeconds: createdAtSeconds, expiresAtSeconds });
    return { outcome: 'issued', id, accessToken, scopes, createdAtSeconds, expiresAtSeconds, family };
  }
}
