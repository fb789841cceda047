import type { Clock } from '../core/ports.ts';
import { isRandomId, randomId } from '../jwt/random-id.ts';
import type { TokenSigner } from '../jwt/signer.ts';
import type { TokenRecord, TokenStore } from '../store/store.ts';

const ID_LENGTH = 21;

/** Whether a token of ours may have this id. */
export function isTokenId(text: string): boolean {
  return isRandomId(text, ID_LENGTH);
}

export interface TokenMintParts {
  readonly tokens: Pick<TokenStore, 'add' | 'find'>;
  readonly signer: Pick<TokenSigner, 'sign'>;
  readonly clock: Pick<Clock, 'wallMs'>;
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
   * A record with a new id, unless it has one; not kept yet. It is as old as what it rests on: made at the moment before the account was
   * read, so that a mark which an account's change sets meanwhile ends the token.
   */
  draft({ id = newTokenId(), ...token }: Omit<TokenRecord, 'id'> & { readonly id?: string | undefined }): TokenRecord {
    return { id, ...token, scopes: [...new Set(token.scopes)] };
  }

  /** The account's token of this id, made before and signed again: a repeated request is shown it. */
  async repeat(id: string | undefined, accountId: string): Promise<IssuedToken | undefined> {
    const record = id === undefined ? undefined : await this.parts.tokens.find(id);
    if (record?.accountId !== accountId) return undefined;
    return { ...(await this.sign(record)), isRepeated: true };
  }

  async issue(record: TokenRecord): Promise<IssuedToken> {
    await this.parts.tokens.add(record);
    return this.sign(record);
  }

  /** Signs a token that is recorded already, or will be before anybody gets it. */
  async sign({ id, accountId, use, scopes, createdAtSeconds, expiresAtSeconds }: TokenRecord): Promise<IssuedToken> {
    const whose = { tokenId: id, subject: accountId, scopes, use };
    const accessToken = await this.parts.signer.sign({ ...whose, issuedAtSeconds: createdAtSeconds, expiresAtSeconds });
    return { outcome: 'issued', id, accessToken, scopes, createdAtSeconds, expiresAtSeconds };
  }
}
