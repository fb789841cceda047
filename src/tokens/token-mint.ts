import { setTimeout as sleep } from 'node:timers/promises';
import type { Authority } from '../accounts/authority.ts';
import { hasEnded } from '../accounts/authority.ts';
import type { Clock } from '../core/ports.ts';
import { readReach } from '../core/revocation-entry.ts';
import { isRandomId, randomId } from '../lib/random-id.ts';
import type { CheckedRevocations } from '../revocation-set/checked-revocations.ts';
import { issuerMarkKey, subjectMarkKey } from '../revocation-set/entry-keys.ts';
import { entryFor } from '../revocation-set/target.ts';
import type { TokenSigner } from '../signing/token-signer.ts';
import type { TokenRecord, TokenStore } from './token.ts';

const ID_LENGTH = 21;

/**
 * How long a token waits for the second of a mark to pass. A mark lies a second or two ahead where several changes follow
 * each other; further, where clocks differ.
 */
const MAX_WAIT_MS = 3_000;

/** Whether a token of ours may have this id. */
export function isTokenId(text: string): boolean {
  return isRandomId(text, ID_LENGTH);
}

/** Receives what an operator must mend. */
export interface MintObserver {
  /** No token can be issued to an account, because our clock is behind the time up to which its tokens have ended. */
  clockBehindMark(accountId: string, behindSeconds: number): void;
}

export interface TokenMintParts {
  /** The own issuer's name. */
  readonly issuer: string;
  readonly tokens: Pick<TokenStore, 'add' | 'end' | 'find'>;
  readonly revocations: Pick<CheckedRevocations, 'read' | 'write'>;
  readonly clockSkewMs: number;
  readonly signer: Pick<TokenSigner, 'sign'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly observer: MintObserver;
}

/** A token, in the one answer that shows it. */
export interface IssuedToken {
  readonly outcome: 'issued';
  readonly id: string;
  readonly accessToken: string;
  readonly scopes: readonly string[];
  readonly createdAtSeconds: number;
  readonly expiresAtSeconds: number;
  /** Whether it was made before, and is shown to a repeated request. */
  readonly isRepeated?: boolean;
}

/** An id for a new token. */
export function newTokenId(): string {
  return randomId(ID_LENGTH);
}

/** The account was removed, disabled or changed so that its tokens ended, or the caller's own token ended, meanwhile. */
export interface NoAuthority {
  readonly outcome: 'no_authority';
}

/** A token could not be dated behind the account's mark, so it would have ended before it began. */
export interface ClockBehind {
  readonly outcome: 'clock_behind';
  readonly retryAfterSeconds: number;
}

/** The date of a new token, in Unix seconds. */
export interface TokenDate {
  readonly outcome: 'dated';
  readonly createdAtSeconds: number;
}

/** Makes tokens. None is given away before it is recorded, so that there is none which cannot be listed. */
export class TokenMint {
  private readonly parts: TokenMintParts;

  constructor(parts: TokenMintParts) {
    this.parts = parts;
  }

  /** Unix seconds, whole. */
  nowSeconds(): number {
    return Math.floor(this.parts.clock.wallMs() / 1000);
  }

  /**
   * The date of a token that is made by an authority: its moment, or the first second behind a mark that ends what was
   * issued then. The authority is younger than such a mark: it would not stand otherwise. Waits some seconds at most for
   * that second. Where it lies further ahead, but within the clock skew, it is the date at once: every verifier that
   * allows for the skew takes such a token. Beyond that no token that this instance dates can count, and the log says so.
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

  /** A record with a new id, unless it has one; not kept yet. */
  draft({ id = newTokenId(), ...token }: Omit<TokenRecord, 'id'> & { readonly id?: string | undefined }): TokenRecord {
    return { id, ...token, scopes: [...new Set(token.scopes)] };
  }

  /** The account's token of this id, made before and signed again: a repeated request is shown it. */
  async repeat(id: string | undefined, accountId: string): Promise<IssuedToken | undefined> {
    const record = id === undefined ? undefined : await this.parts.tokens.find(id);
    if (record?.accountId !== accountId) return undefined;
    return { ...(await this.sign(record)), isRepeated: true };
  }

  /**
   * Records a token and signs it, in this order: what is not recorded is not signed. The caller's own token is looked at
   * again once the new one is recorded: whoever revokes it from then on finds the new one in the list.
   */
  async issue(record: TokenRecord, authority: Authority): Promise<IssuedToken | NoAuthority> {
    if (!(await this.parts.tokens.add(record, authority.accountVersion))) return { outcome: 'no_authority' };
    if (await this.hasEnded(authority)) {
      await this.end(record);
      return { outcome: 'no_authority' };
    }
    return await this.sign(record);
  }

  /** Whether the token that an authority rests on has ended meanwhile. */
  hasEnded(authority: Authority): Promise<boolean> {
    return hasEnded(authority, this.parts);
  }

  /** Nobody has it yet, but a repeated request would be shown it. */
  private async end({ id: tokenId, accountId: by, expiresAtSeconds }: TokenRecord): Promise<void> {
    const { issuer, revocations, tokens, clockSkewMs } = this.parts;
    const end = { atSeconds: this.nowSeconds(), by, reason: 'the token that made it was revoked' };
    const { atSeconds: at, reason } = end;
    const target = { kind: 'token', issuer, tokenId, expiresAtSeconds } as const;
    await revocations.write(entryFor(target, { at, by, reason }, clockSkewMs));
    await tokens.end(tokenId, end);
  }

  /** Signs a token that is recorded already, or will be before anybody gets it. */
  async sign({ id, accountId, use, scopes, createdAtSeconds, expiresAtSeconds }: TokenRecord): Promise<IssuedToken> {
    const whose = { tokenId: id, subject: accountId, scopes, use };
    const accessToken = await this.parts.signer.sign({ ...whose, issuedAtSeconds: createdAtSeconds, expiresAtSeconds });
    return { outcome: 'issued', id, accessToken, scopes, createdAtSeconds, expiresAtSeconds };
  }
}
