import { StoreError } from '../../core/ports.ts';
import type { ListPosition } from '../../lib/lists.ts';
import { cutPage } from '../../lib/lists.ts';
import type { RedisReader, RedisWriter } from '../../redis/redis-client.ts';
import type {
  RefreshAdvance,
  RefreshStep,
  Rotation,
  RotationTerms,
  TokenEnd,
  TokenFilter,
  TokenPage,
  TokenRecord,
  TokenStore,
  TrackedToken,
} from '../../tokens/token.ts';
import { passes, TOKENS_KEPT_SECONDS } from '../../tokens/token.ts';
import { ACCOUNT_KEYS, apiKeyKey, tokenIndexKeys, tokenKey } from './layout.ts';
import { readStored, toToken, toTokenEnd } from './records.ts';
import { toNumber, toOptionalText, toPairs } from './replies.ts';

/** How many tokens a list with a filter looks at. */
const LOOKED_AT = 500;
const READ_AT_ONCE = 100;

/**
 * Records of issued tokens in Redis. Each expires 30 days after the end of its token. Beside them are the ids of the tokens
 * of each account. A record and its id are two writes: an id may have no record, and lists pass over it, but a record has
 * its id once `add` has resolved.
 *
 * A token and its account may lie on two servers, so a token is admitted before it is recorded: one step compares the
 * version of the account and notes the date of the token beside it. A change before this step raises the version, and the
 * token is refused. A change after it sets its mark at or behind the date, so the token has ended even if it is recorded
 * much later. No caller gets the token before both steps are done.
 */
export class RedisTokens implements TokenStore {
  private readonly reads: RedisReader;
  private readonly writes: RedisWriter;
  /** Acts of several steps, which are completed before the store closes. */
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(reads: RedisReader, writes: RedisWriter) {
    this.reads = reads;
    this.writes = writes;
  }

  async add(token: TokenRecord, accountVersion: number): Promise<boolean> {
    return await this.during(async () => {
      if (!(await this.admit(token, accountVersion))) return false;
      await this.record(token);
      return true;
    });
  }

  /** Resolves once all acts under way have ended. */
  async finish(): Promise<void> {
    await Promise.allSettled(this.underWay);
  }

  async restore(token: TrackedToken): Promise<boolean> {
    const { lastUsedAtSeconds, end, successor } = token;
    const { newest } = ACCOUNT_KEYS;
    const createdAt = Math.ceil(token.createdAtSeconds);
    await this.writes.write({ script: 'tokens/note', keys: [newest], args: [token.accountId, createdAt] });
    return await this.put(
      token,
      ...(lastUsedAtSeconds === undefined ? [] : ['used', lastUsedAtSeconds]),
      ...(end === undefined ? [] : ['ended', end.atSeconds, 'end', writeEnd(end)]),
      ...(successor === undefined ? [] : ['successor', writeSuccessor(successor, Date.now() / 1000)]),
    );
  }

  async find(id: string): Promise<TrackedToken | undefined> {
    return await findToken(this.reads, id);
  }

  /** Asks twice, because the record and the key's hash may lie on two servers. */
  async findByKey(keyHash: string): Promise<TrackedToken | undefined> {
    const id = toOptionalText(await this.reads.ask(['get', apiKeyKey(keyHash)]));
    const found = id === undefined ? undefined : await this.find(id);
    return found?.keyHash === keyHash ? found : undefined;
  }

  /** May take as long as a write, since no decision waits for it. */
  async list(
    accountId: string,
    limit: number,
    after: ListPosition = { createdAtSeconds: 0, id: '' },
    filter?: TokenFilter,
  ): Promise<TokenPage> {
    const { byCreation } = tokenIndexKeys(accountId);
    const looked = filter === undefined ? limit : Math.max(limit, LOOKED_AT);
    const args = [after.id, after.createdAtSeconds, looked + 1];
    const answer = await this.writes.ask({ script: 'tokens/page', keys: [byCreation], args });
    const { shown, next } = cutPage(toPositions(answer), looked);
    const listed: TrackedToken[] = [];
    for (let first = 0; first < shown.length && listed.length <= limit; first += READ_AT_ONCE) {
      const some = shown.slice(first, first + READ_AT_ONCE);
      const found = await Promise.all(some.map(({ id }) => findToken(this.writes, id)));
      const present = found.filter((token) => token !== undefined);
      listed.push(...present.filter((token) => filter === undefined || passes(token, filter)));
    }
    const page = cutPage(listed, limit);
    return { tokens: page.shown, next: page.next ?? next };
  }

  /**
   * The two records may lie on two servers, so the old token names its successor first: then there is never a second one.
   * If the process dies before the successor is recorded, another one takes its place, as the terms say.
   */
  async rotate(
    id: string,
    successor: TokenRecord,
    accountVersion: number,
    terms: RotationTerms = {},
  ): Promise<Rotation> {
    return await this.during(async () => {
      if (!(await this.admit(successor, accountVersion))) return { outcome: 'account_changed' };
      const old = await this.nameSuccessor(id, successor, terms);
      if (old === undefined) return { outcome: 'superseded' };
      await this.record(successor);
      return { outcome: 'rotated', old };
    });
  }

  /** The old token once it names the successor; `undefined` if the terms do not allow it, or there is no such token. */
  private async nameSuccessor(
    id: string,
    successor: TokenRecord,
    { inPlaceOf, unrecordedUntilSeconds = Number.NEGATIVE_INFINITY }: RotationTerms,
  ): Promise<TrackedToken | undefined> {
    const name = writeSuccessor(successor.id, successor.createdAtSeconds);
    // A bare id never equals the field, which begins with a time: with `inPlaceOf` this only reads it.
    const first = await this.succeed(id, inPlaceOf ?? '', name);
    if (first.successor === name) return toTracked(first);
    if (first.successor === undefined) return undefined;
    const named = readSuccessor(first.successor);
    const isUnrecorded = async (): Promise<boolean> =>
      named.createdAtSeconds <= unrecordedUntilSeconds && (await this.find(named.id)) === undefined;
    if (named.id !== inPlaceOf && !(await isUnrecorded())) return undefined;
    const second = await this.succeed(id, first.successor, name);
    return second.successor === name ? toTracked(second) : undefined;
  }

  /** The account, the ids of its tokens and the family may lie on three servers; the family is the last to change. */
  async advance(step: RefreshStep, accountVersion: number): Promise<RefreshAdvance> {
    const { id, accountId, from, issuedAtSeconds, expiresAtSeconds } = step;
    return await this.during(async () => {
      const admission = { accountId, createdAtSeconds: issuedAtSeconds };
      if (!(await this.admit(admission, accountVersion))) return 'account_changed';
      const family = await findToken(this.writes, id);
      if (family?.accountId !== accountId || family.refreshes === undefined) return 'unknown';
      const { createdAtSeconds } = family;
      await this.index({ id, accountId, createdAtSeconds, expiresAtSeconds });
      const args = [from, from + 1, expiresAtSeconds, removalOf(expiresAtSeconds)];
      const advanced = await this.writes.write({ script: 'tokens/advance', keys: [tokenKey(id)], args });
      return toNumber(advanced) > 0 ? 'advanced' : 'superseded';
    });
  }

  async end(id: string, end: TokenEnd): Promise<void> {
    await this.writes.write({ script: 'tokens/end', keys: [tokenKey(id)], args: [end.atSeconds, writeEnd(end)] });
  }

  async forgetEnd(id: string): Promise<void> {
    await this.writes.write(['hdel', tokenKey(id), 'ended', 'end']);
  }

  /** Waits for no replica. */
  async markUsed(uses: ReadonlyMap<string, number>): Promise<void> {
    const mark = async ([id, atSeconds]: readonly [string, number]): Promise<void> => {
      await this.writes.ask({ script: 'tokens/use', keys: [tokenKey(id)], args: [atSeconds] });
    };
    await Promise.all([...uses].map(mark));
  }

  private async during<T>(work: () => Promise<T>): Promise<T> {
    const done = work();
    this.underWay.add(done);
    try {
      return await done;
    } finally {
      this.underWay.delete(done);
    }
  }

  private async admit(
    { accountId, createdAtSeconds }: Pick<TokenRecord, 'accountId' | 'createdAtSeconds'>,
    accountVersion: number,
  ): Promise<boolean> {
    const { records, newest } = ACCOUNT_KEYS;
    const args = [accountId, accountVersion, Math.ceil(createdAtSeconds)];
    return toNumber(await this.writes.write({ script: 'tokens/admit', keys: [records, newest], args })) > 0;
  }

  private async record(token: TokenRecord): Promise<void> {
    if (!(await this.put(token))) throw new StoreError(`token id "${token.id}" exists already`);
  }

  /** Adds a record and further fields; `false` if the token has a record. */
  private async put(token: TokenRecord, ...fields: (string | number)[]): Promise<boolean> {
    const { refreshes, expiresAtSeconds, keyHash, id } = token;
    const goesAt = removalOf(expiresAtSeconds);
    const present = refreshes === undefined ? [] : ['refreshes', refreshes, 'expires', expiresAtSeconds];
    const args = [writeRecord(token), goesAt, ...present, ...fields];
    const [added] = await Promise.all([
      this.writes.write({ script: 'tokens/add', keys: [tokenKey(id)], args }),
      this.index(token),
      keyHash === undefined ? undefined : this.writes.write(['set', apiKeyKey(keyHash), id, 'EXAT', goesAt]),
    ]);
    return toNumber(added) > 0;
  }

  /** Adds a token to the list of its account, or moves the end of its record there. */
  private async index(
    token: Pick<TokenRecord, 'id' | 'accountId' | 'createdAtSeconds' | 'expiresAtSeconds'>,
  ): Promise<void> {
    const { byCreation, byEnd } = tokenIndexKeys(token.accountId);
    const args = [token.id, token.createdAtSeconds, removalOf(token.expiresAtSeconds), Date.now() / 1000];
    await this.writes.write({ script: 'tokens/index', keys: [byCreation, byEnd], args });
  }

  private async succeed(id: string, existing: string, successor: string): Promise<TokenFields> {
    const args = [existing, successor];
    const fields = await this.writes.write({ script: 'tokens/succeed', keys: [tokenKey(id)], args });
    return Object.fromEntries(toPairs(fields));
  }
}

/** The fields of a token's hash. */
type TokenFields = Readonly<Partial<Record<'record' | 'used' | 'end' | 'successor' | 'refreshes' | 'expires', string>>>;

/** Ids, each followed by the second it was created. */
function toPositions(reply: unknown): readonly ListPosition[] {
  return toPairs(reply).map(([id, seconds]) => ({ id, createdAtSeconds: Number(seconds) }));
}

async function findToken(servers: RedisReader, id: string): Promise<TrackedToken | undefined> {
  const fields = toPairs(await servers.ask(['hgetall', tokenKey(id)]));
  return readStored(servers.place, () => toTracked(Object.fromEntries(fields)));
}

function toTracked({ record, used, end, successor, refreshes, expires }: TokenFields): TrackedToken | undefined {
  if (record === undefined) return undefined;
  return {
    ...toToken(record),
    ...(refreshes === undefined ? {} : { refreshes: Number(refreshes) }),
    ...(expires === undefined ? {} : { expiresAtSeconds: Number(expires) }),
    lastUsedAtSeconds: used === undefined ? undefined : Number(used),
    end: end === undefined ? undefined : toTokenEnd(end),
    successor: successor === undefined ? undefined : readSuccessor(successor).id,
  };
}

function writeRecord(token: TokenRecord): string {
  const { id, accountId, use, name, scopes, createdAtSeconds, expiresAtSeconds } = token;
  const { keyHash, family, accessTtlSeconds } = token;
  const always = { id, accountId, use, name, scopes, createdAtSeconds, expiresAtSeconds };
  return JSON.stringify({ ...always, keyHash, family, accessTtlSeconds });
}

/** The Unix second at which the record of a token expires. */
function removalOf(expiresAtSeconds: number): number {
  return Math.ceil(Math.max(expiresAtSeconds, Date.now() / 1000)) + TOKENS_KEPT_SECONDS;
}

function writeEnd({ atSeconds, by, reason }: TokenEnd): string {
  return JSON.stringify({ atSeconds, by, reason });
}

function writeSuccessor(id: string, createdAtSeconds: number): string {
  return `${Math.ceil(createdAtSeconds)}:${id}`;
}

function readSuccessor(written: string): { readonly createdAtSeconds: number; readonly id: string } {
  const colon = written.indexOf(':');
  return { createdAtSeconds: Number(written.slice(0, colon)), id: written.slice(colon + 1) };
}
