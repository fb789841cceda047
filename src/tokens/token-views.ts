import type { Clock } from '../core/ports.ts';
import { readReach } from '../core/revocation-entry.ts';
import type { ListPosition } from '../lib/lists.ts';
import type { RevocationReader } from '../revocation-set/checked-revocations.ts';
import { readAttribution } from '../revocation-set/entry.ts';
import { issuerMarkKey, revokedTokenKey, subjectMarkKey } from '../revocation-set/entry-keys.ts';
import type { TokenFilter, TokenStore, TrackedToken } from './token.ts';

export interface TokenViewsParts {
  /** The name of our own issuer. */
  readonly issuer: string;
  readonly tokens: Pick<TokenStore, 'find' | 'list'>;
  readonly revocations: RevocationReader;
  readonly clock: Pick<Clock, 'wallMs'>;
}

/** How a token ended or will end. An entry that an operator wrote by hand may contain none of these. */
export interface TokenEnding {
  /** Unix seconds. */
  readonly atSeconds: number | undefined;
  readonly by: string | undefined;
  readonly reason: string | undefined;
}

/** A token as its owner sees it. */
export interface TokenView extends Omit<TrackedToken, 'end'> {
  readonly status: 'active' | 'expired' | 'revoked';
  readonly ending: TokenEnding | undefined;
}

export interface TokenViewPage {
  readonly tokens: readonly TokenView[];
  /** The position after which the next page begins; `undefined` on the last page. */
  readonly next: ListPosition | undefined;
}

/** Reads tokens with their status. The revocation set decides the status; the token store adds details. */
export class TokenViews {
  private readonly parts: TokenViewsParts;

  constructor(parts: TokenViewsParts) {
    this.parts = parts;
  }

  /**
   * Finds a token of the account. Treats another account's token like an unknown one, also in the time that it takes.
   */
  async find(accountId: string, id: string): Promise<TokenView | undefined> {
    const token = await this.parts.tokens.find(id);
    return token?.accountId === accountId ? await this.view(token) : undefined;
  }

  /** Adds the status to a token that was just read. */
  async view(token: TrackedToken): Promise<TokenView | undefined> {
    return (await this.viewsOf(token.accountId, [token]))[0];
  }

  /** See {@link TokenStore.list}. */
  async list(accountId: string, limit: number, after?: ListPosition, filter?: TokenFilter): Promise<TokenViewPage> {
    const page = await this.parts.tokens.list(accountId, limit, after, filter);
    return { tokens: await this.viewsOf(accountId, page.tokens), next: page.next };
  }

  /** Resolves to the position of a token in the account's list; `undefined` if the account has no such token. */
  async positionOf(accountId: string, id: string): Promise<ListPosition | undefined> {
    const token = await this.parts.tokens.find(id);
    return token?.accountId === accountId ? { createdAtSeconds: token.createdAtSeconds, id } : undefined;
  }

  private async viewsOf(accountId: string, tokens: readonly TrackedToken[]): Promise<readonly TokenView[]> {
    const { issuer, revocations, clock } = this.parts;
    const marks = [subjectMarkKey(issuer, accountId), issuerMarkKey(issuer)];
    const ids = tokens.flatMap(({ id, family }) => [id, family ?? id]);
    const keys = [...marks, ...ids.map((id) => revokedTokenKey(issuer, id))];
    const values = await revocations.read(keys);
    const entryAt = (index: number): Entry | undefined => {
      const [key, value] = [keys[index], values[index]];
      return key === undefined || value === undefined ? undefined : { key, value };
    };
    const nowSeconds = clock.wallMs() / 1000;
    return tokens.map((token, index) =>
      viewOf(
        token,
        [0, 1].map((one) => entryAt(marks.length + 2 * index + one)).concat(entryAt(0), entryAt(1)),
        nowSeconds,
      ),
    );
  }
}

interface Entry {
  readonly key: string;
  readonly value: string;
}

function viewOf(token: TrackedToken, entries: readonly (Entry | undefined)[], nowSeconds: number): TokenView {
  const { end, ...rest } = token;
  const endings = entries
    .map((entry) => endingBy(entry, token.createdAtSeconds))
    .filter((ending) => ending !== undefined);
  const isRevoked =
    endings.some(({ fromSeconds }) => fromSeconds <= nowSeconds) || (end?.atSeconds ?? Infinity) <= nowSeconds;
  const status = isRevoked ? 'revoked' : token.expiresAtSeconds <= nowSeconds ? 'expired' : 'active';
  // The token store's own record is preferred: the entry may have been deleted, or may take effect later.
  const ending = end === undefined ? endings[0]?.ending : { ...end, reason: end.reason };
  return { ...rest, status, ending };
}

function endingBy(entry: Entry | undefined, createdAtSeconds: number) {
  if (entry === undefined) return undefined;
  const { fromSeconds, issuedUpToSeconds } = readReach(entry.key, entry.value);
  if (createdAtSeconds > issuedUpToSeconds) return undefined;
  const { at, by, reason } = readAttribution(entry.value);
  const atSeconds = Number.isFinite(fromSeconds) ? fromSeconds : at;
  return { fromSeconds, ending: { atSeconds, by, reason } };
}
