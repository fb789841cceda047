import type { Clock } from '../core/ports.ts';
import { readReach } from '../core/revocation-entry.ts';
import type { ListPosition } from '../lib/lists.ts';
import type { RevocationReader } from '../revocation-set/checked-revocations.ts';
import { readAttribution } from '../revocation-set/entry.ts';
import { issuerMarkKey, revokedTokenKey, subjectMarkKey } from '../revocation-set/entry-keys.ts';
import type { TokenFilter, TokenStore, TrackedToken } from './token.ts';

export interface TokenViewsParts {
  /** The own issuer's name. */
  readonly issuer: string;
  readonly tokens: Pick<TokenStore, 'find' | 'list'>;
  readonly revocations: RevocationReader;
  readonly clock: Pick<Clock, 'wallMs'>;
}

/** How a token ended, or will end; an operator's hand may have left nothing but the fact. */
export interface TokenEnding {
  readonly atSeconds: number | undefined;
  readonly by: string | undefined;
  readonly reason: string | undefined;
}

/** A token as its owner is shown it. */
export interface TokenView extends Omit<TrackedToken, 'end'> {
  readonly status: 'active' | 'expired' | 'revoked';
  readonly ending: TokenEnding | undefined;
}

export interface TokenViewPage {
  readonly tokens: readonly TokenView[];
  /** Where the next page begins; `undefined` at the end. */
  readonly next: ListPosition | undefined;
}

/** Tokens and what has become of them, the revocation set being the truth about that. */
export class TokenViews {
  private readonly parts: TokenViewsParts;

  constructor(parts: TokenViewsParts) {
    this.parts = parts;
  }

  /** The account's token; another one's is as unknown as none, also by the time that the answer takes. */
  async find(accountId: string, id: string): Promise<TokenView | undefined> {
    const token = await this.parts.tokens.find(id);
    return token?.accountId === accountId ? await this.view(token) : undefined;
  }

  /** What has become of a token that was just read. */
  async view(token: TrackedToken): Promise<TokenView | undefined> {
    return (await this.viewsOf(token.accountId, [token]))[0];
  }

  /** As the store lists them. */
  async list(accountId: string, limit: number, after?: ListPosition, filter?: TokenFilter): Promise<TokenViewPage> {
    const page = await this.parts.tokens.list(accountId, limit, after, filter);
    return { tokens: await this.viewsOf(accountId, page.tokens), next: page.next };
  }

  /** The place behind a token of the account; `undefined` where it is none, or not there any more. */
  async positionOf(accountId: string, id: string): Promise<ListPosition | undefined> {
    const token = await this.parts.tokens.find(id);
    return token?.accountId === accountId ? { createdAtSeconds: token.createdAtSeconds, id } : undefined;
  }

  private async viewsOf(accountId: string, tokens: readonly TrackedToken[]): Promise<readonly TokenView[]> {
    const { issuer, revocations, clock } = this.parts;
    const marks = [subjectMarkKey(issuer, accountId), issuerMarkKey(issuer)];
    const keys = [...marks, ...tokens.map(({ id }) => revokedTokenKey(issuer, id))];
    const values = await revocations.read(keys);
    const entryAt = (index: number): Entry | undefined => {
      const [key, value] = [keys[index], values[index]];
      return key === undefined || value === undefined ? undefined : { key, value };
    };
    const nowSeconds = clock.wallMs() / 1000;
    return tokens.map((token, index) =>
      viewOf(token, [entryAt(marks.length + index), entryAt(0), entryAt(1)], nowSeconds),
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
  // What was remembered when it was done here tells more than an entry, which may be gone, or begin later.
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
