import type { Redis, Result } from 'ioredis';
import { ENTRY_GRACE_SECONDS } from '../../revocation-set/entry.ts';
import { defineIdempotencyScripts } from './idempotency-scripts.ts';
import { defineLoginHistoryScripts } from './log-in-history-scripts.ts';
import { WRITE_ENTRY } from './write-script.ts';

/** How the compare-and-set of an account ended. */
export type AccountSwap = 'updated' | 'outdated' | 'taken' | 'stale';

/** How the removal of an account ended. */
export type AccountDeletion = [outcome: 'removed', record: string] | [outcome: 'missing' | 'stale'];

declare module 'ioredis' {
  // The scripts below, as `defineCommand` adds them to a client; keys first.
  interface RedisCommander<Context> {
    /**
     * Adds an entry to the revocation set; `endsAt` is whole Unix seconds by the clock that says `now`, or empty for never.
     * With `restores` nothing is written where this very value was taken back.
     */
    sallyportRevoke(
      key: string,
      value: string,
      endsAt: string,
      now: number,
      restores: '0' | '1',
    ): Result<null, Context>;
    /** 1 where the entry was taken back, 0 where it is not `standing`; `endsAt` and `now` are those of `sallyportRevoke`. */
    sallyportUndo(key: string, standing: string, value: string, endsAt: string, now: number): Result<number, Context>;
    /** 1 where it was written, 0 where the record is not `expected`: `=` and its value, or empty for none. */
    sallyportSwapEpoch(key: string, expected: string, value: string): Result<number, Context>;
    /**
     * `name_taken` and `email_taken` say which of the name keys another account has; `stale` says that the account
     * `authority` (empty for none) is not as it was at its version.
     */
    sallyportAddAccount(
      records: string,
      names: string,
      order: string,
      id: string,
      record: string,
      onlyFirst: '0' | '1',
      authority: string,
      authorityVersion: number,
      ...nameKeys: string[]
    ): Result<'added' | 'stale' | 'not_first' | 'name_taken' | 'email_taken' | 'id_exists', Context>;
    /**
     * Compare-and-set of an account's record, and of the spellings by which it is found: `outdated` if the record is not
     * `standing`, `taken` if another account has a name, `stale` if the account `authority` (empty for none) is not as it
     * was at its version.
     */
    sallyportUpdateAccount(
      records: string,
      names: string,
      id: string,
      standing: string,
      record: string,
      authority: string,
      authorityVersion: number,
    ): Result<AccountSwap, Context>;
    /** The same, with a mark that rises as `raiseMark()` says; returns the mark too, as it is afterwards. */
    sallyportUpdateMarkedAccount(
      records: string,
      names: string,
      newest: string,
      mark: string,
      id: string,
      standing: string,
      record: string,
      authority: string,
      authorityVersion: number,
    ): Result<[swap: AccountSwap, mark: string | null], Context>;
    /**
     * Raises a mark as `raiseMark()` says; `newest` is empty where no token is known. Where `from` is not empty, to that
     * second at least, and no further than it must: done again, it changes nothing. Returns it as it stands afterwards.
     */
    sallyportRaiseMark(mark: string, newest: string, from: string): Result<string, Context>;
    /** Remembers that a token is about to be recorded; 0, and nothing written, where the account is not as it was at `version`. */
    sallyportAdmitToken(
      records: string,
      newest: string,
      id: string,
      version: number,
      createdAt: number,
    ): Result<number, Context>;
    /** Remembers that a token was recorded elsewhere. */
    sallyportNoteToken(newest: string, id: string, createdAt: number): Result<null, Context>;
    /** Removes an account and writes its mark; returns the record that was removed. */
    sallyportRemoveAccount(
      records: string,
      names: string,
      order: string,
      newest: string,
      mark: string,
      id: string,
      value: string,
      endsAt: string,
      authority: string,
      authorityVersion: number,
    ): Result<AccountDeletion, Context>;
    /** The same without a mark, and without asking for an authority. */
    sallyportDropAccount(
      records: string,
      names: string,
      order: string,
      newest: string,
      id: string,
    ): Result<AccountDeletion, Context>;
    /** The record of a name's account. */
    sallyportFindAccount(records: string, names: string, nameKey: string): Result<string | null, Context>;
    /**
     * Records of accounts, in order of creation, `limit` at most after that of `after` (empty for none); where that is
     * gone, from the first one on that was created at `createdAt` or later.
     */
    sallyportPageAccounts(
      records: string,
      order: string,
      after: string,
      createdAt: number,
      limit: number,
    ): Result<string[], Context>;
    /** Adds a token's id to its account's and forgets those that have gone; times in Unix seconds. */
    sallyportIndexToken(
      byCreation: string,
      byEnd: string,
      id: string,
      createdAt: number,
      goesAt: number,
      now: number,
    ): Result<null, Context>;
    /** Adds a token's record, gone at `goesAt` (Unix seconds), and fields beside it; 0 where there is one. */
    sallyportAddToken(
      key: string,
      record: string,
      goesAt: number,
      ...fields: (string | number)[]
    ): Result<number, Context>;
    /**
     * Names a token's successor in place of `standing` (empty for none). Returns the token's fields as they are afterwards,
     * each name followed by its value; none if there is no such token.
     */
    sallyportSucceedToken(key: string, standing: string, successor: string): Result<string[], Context>;
    /** Remembers how a token ended, where that is earlier than what is known. */
    sallyportEndToken(key: string, endedAt: number, end: string): Result<null, Context>;
    /** Remembers when a token was used, where that is later than what is known. */
    sallyportUseToken(key: string, usedAt: number): Result<null, Context>;
    /** Adds to the uses of Basic on a day, which go at `goesAt` (Unix seconds): name, count and Unix seconds of each. */
    sallyportAddBasicUses(key: string, goesAt: number, ...uses: (string | number)[]): Result<null, Context>;
    /**
     * Ids, `limit` at most, each followed by the second it was created: those before `after` and `createdAt` (empty: from
     * the newest on).
     */
    sallyportPageTokens(byCreation: string, after: string, createdAt: number, limit: number): Result<string[], Context>;
    /** 1 where the ring took the place of the one with this revision, 0 where another stands there. */
    sallyportReplaceKeys(keys: string, revision: number, ring: string): Result<number, Context>;
  }
}

/**
 * Lua. When Redis is to forget an entry. It forgets by its own clock: where that is ahead of ours, by more than the way
 * takes, as much later. It keeps an entry for the grace period after its end, or from now on where that is over already.
 */
const GOES_AT = `
local function goesAt(endsAt, ourNow)
  local now = tonumber(redis.call('TIME')[1])
  local ahead = now - ourNow
  if ahead <= 10 then ahead = 0 end
  local goesAt = endsAt + ahead + ${ENTRY_GRACE_SECONDS}
  if goesAt <= now then goesAt = now + ${ENTRY_GRACE_SECONDS} end
  return string.format('%d', goesAt)
end
`;

const REVOKE = `${WRITE_ENTRY}${GOES_AT}
local standing = ARGV[4] == '1' and redis.call('GET', KEYS[1])
if standing and undoneValue(standing) == ARGV[1] then return end
write(KEYS[1], ARGV[1], ARGV[2] ~= '' and goesAt(ARGV[2], ARGV[3]) or '')
`;

/** Compare-and-set of an entry's value, with another expiry. */
const UNDO = `${GOES_AT}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('EXPIREAT', KEYS[1], goesAt(ARGV[3], ARGV[4]))
return 1
`;

/** What is no string reads as an empty one. */
const SWAP_EPOCH = `
local standing = redis.pcall('GET', KEYS[1])
if type(standing) == 'table' then standing = '' end
if (standing and '=' .. standing or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
`;

/** Lua. Whether an account is as it was known, and not disabled; none is while the mark that belongs to a change is missing. */
const STANDS = `
local function stands(id, version)
  local record = redis.call('HGET', KEYS[1], id)
  if not record then return false end
  local account = cjson.decode(record)
  if account.disabled == true or account.unmarked then return false end
  return (account.version or 0) == tonumber(version)
end
`;

const ADD_ACCOUNT = `${STANDS}
if ARGV[4] ~= '' and not stands(ARGV[4], ARGV[5]) then return 'stale' end
if ARGV[3] == '1' and redis.call('HLEN', KEYS[1]) > 0 then return 'not_first' end
for index = 6, #ARGV do
  if redis.call('HEXISTS', KEYS[2], ARGV[index]) == 1 then return index == 6 and 'name_taken' or 'email_taken' end
end
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 'id_exists' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
for index = 6, #ARGV do redis.call('HSET', KEYS[2], ARGV[index], ARGV[1]) end
redis.call('RPUSH', KEYS[3], ARGV[1])
return 'added'
`;

/** Lua. A record holds the spellings by which it is found, as `nameKey` and `emailKey`. */
const UPDATE = `${STANDS}
local function nameKeysOf(record)
  local account = cjson.decode(record)
  return { account.nameKey, account.emailKey }
end

local function update(id, standing, record, authority, version)
  if redis.call('HGET', KEYS[1], id) ~= standing then return 'outdated' end
  if authority ~= '' and not stands(authority, version) then return 'stale' end
  local added = nameKeysOf(record)
  for _, key in ipairs(added) do
    local holder = redis.call('HGET', KEYS[2], key)
    if holder and holder ~= id then return 'taken' end
  end
  for _, key in ipairs(nameKeysOf(standing)) do redis.call('HDEL', KEYS[2], key) end
  for _, key in ipairs(added) do redis.call('HSET', KEYS[2], key, id) end
  redis.call('HSET', KEYS[1], id, record)
  return 'updated'
end
`;

/**
 * Lua. The rule of `raiseMark()`; the time is this server's, which no instance's clock can get ahead of. Where a mark can
 * rise no more, or is none that can be read, it ends everything already.
 */
const RAISE = `
local function raise(key, newest, from)
  local at = math.max(from or tonumber(redis.call('TIME')[1]), tonumber(newest) or 0)
  local standing = redis.call('GET', key)
  if standing and not isUndone(standing) then
    local marked = digits(trim(standing))
    if not marked or marked >= 999999999999999 then
      redis.call('PERSIST', key)
      return standing
    end
    at = math.max(at, from and marked or marked + 1)
  end
  local raised = string.format('%.0f', at)
  redis.call('SET', key, raised)
  return raised
end
`;

const UPDATE_ACCOUNT = `${UPDATE}
return update(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
`;

/** The mark rises last: a script that fails is not rolled back, and whoever asked will ask again. */
const UPDATE_MARKED_ACCOUNT = `${WRITE_ENTRY}${UPDATE}${RAISE}
local updated = update(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
return { updated, updated == 'updated' and raise(KEYS[4], redis.call('HGET', KEYS[3], ARGV[1])) }
`;

const RAISE_MARK = `${WRITE_ENTRY}${RAISE}
return raise(KEYS[1], ARGV[1], tonumber(ARGV[2]))
`;

/** Lua. The newest token of an account, so that the mark of the next change lies at or behind it. */
const NOTE = `
local function note(key, id, createdAt)
  local newest = redis.call('HGET', key, id)
  if not newest or tonumber(newest) < tonumber(createdAt) then redis.call('HSET', key, id, createdAt) end
end
`;

const ADMIT_TOKEN = `${STANDS}${NOTE}
if not stands(ARGV[1], ARGV[2]) then return 0 end
note(KEYS[2], ARGV[1], ARGV[3])
return 1
`;

const NOTE_TOKEN = `${NOTE}
note(KEYS[1], ARGV[1], ARGV[2])
`;

/** The mark comes first: a script that fails is not rolled back, and an account without tokens can be removed again. */
const REMOVE_ACCOUNT = `${WRITE_ENTRY}${UPDATE}
if KEYS[5] and ARGV[4] ~= '' and not stands(ARGV[4], ARGV[5]) then return { 'stale' } end
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record then return { 'missing' } end
if KEYS[5] then write(KEYS[5], ARGV[2], ARGV[3]) end
for _, key in ipairs(nameKeysOf(record)) do redis.call('HDEL', KEYS[2], key) end
redis.call('LREM', KEYS[3], 0, ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
return { 'removed', record }
`;

const FIND_ACCOUNT = `
local id = redis.call('HGET', KEYS[2], ARGV[1])
return id and redis.call('HGET', KEYS[1], id)
`;

/** Lua. By bytes, as Redis sorts: its own comparison goes by the language of the server. */
const IS_LESS = `
local function isLess(one, other)
  for i = 1, math.min(#one, #other) do
    local left, right = string.byte(one, i), string.byte(other, i)
    if left ~= right then return left < right end
  end
  return #one < #other
end
`;

const PAGE_ACCOUNTS = `
local function firstSince(createdAt)
  local ids = redis.call('LRANGE', KEYS[2], 0, -1)
  for index, other in ipairs(ids) do
    if cjson.decode(redis.call('HGET', KEYS[1], other)).createdAtSeconds >= createdAt then return index - 1 end
  end
  return #ids
end

local first = 0
if ARGV[1] ~= '' then
  local index = redis.call('LPOS', KEYS[2], ARGV[1])
  first = index and index + 1 or firstSince(tonumber(ARGV[2]))
end
local records = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[2], first, first + ARGV[3] - 1)) do
  records[#records + 1] = redis.call('HGET', KEYS[1], id)
end
return records
`;

const INDEX_TOKEN = `
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[4], 'LIMIT', 0, 100)
if #gone > 0 then
  redis.call('ZREM', KEYS[1], unpack(gone))
  redis.call('ZREM', KEYS[2], unpack(gone))
end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
local last = math.ceil(redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2])
redis.call('EXPIREAT', KEYS[1], last)
redis.call('EXPIREAT', KEYS[2], last)
`;

const ADD_TOKEN = `
if redis.call('HSETNX', KEYS[1], 'record', ARGV[1]) == 0 then return 0 end
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIREAT', KEYS[1], ARGV[2])
return 1
`;

/** Nothing is written to a token that has gone: what is left of it would never go. */
const SUCCEED_TOKEN = `
if redis.call('HEXISTS', KEYS[1], 'record') == 0 then return {} end
if (redis.call('HGET', KEYS[1], 'successor') or '') == ARGV[1] then
  redis.call('HSET', KEYS[1], 'successor', ARGV[2])
end
return redis.call('HGETALL', KEYS[1])
`;

const END_TOKEN = `
if redis.call('HEXISTS', KEYS[1], 'record') == 0 then return end
local ended = redis.call('HGET', KEYS[1], 'ended')
if ended and tonumber(ended) <= tonumber(ARGV[1]) then return end
redis.call('HSET', KEYS[1], 'ended', ARGV[1], 'end', ARGV[2])
`;

const USE_TOKEN = `
if redis.call('HEXISTS', KEYS[1], 'record') == 0 then return end
local used = redis.call('HGET', KEYS[1], 'used')
if used and tonumber(used) >= tonumber(ARGV[1]) then return end
redis.call('HSET', KEYS[1], 'used', ARGV[1])
`;

const ADD_BASIC_USES = `
for i = 2, #ARGV, 3 do
  local standing = redis.call('HGET', KEYS[1], ARGV[i])
  local count, last = string.match(standing or '', '^(%d+):(%d+)$')
  local sum = string.format('%.0f:%.0f', (count or 0) + ARGV[i + 1], math.max(last or 0, ARGV[i + 2]))
  redis.call('HSET', KEYS[1], ARGV[i], sum)
end
redis.call('EXPIREAT', KEYS[1], ARGV[1])
`;

/** Those of the same second come by their ids, whose place is looked for where the one that it is about has gone. */
const PAGE_TOKENS = `${IS_LESS}
local key, after, createdAt = KEYS[1], ARGV[1], ARGV[2]
local first = 0
if after ~= '' then
  first = redis.call('ZCOUNT', key, '(' .. createdAt, '+inf')
  for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', key, createdAt, createdAt)) do
    if isLess(id, after) then break end
    first = first + 1
  end
end
return redis.call('ZREVRANGE', key, first, first + ARGV[3] - 1, 'WITHSCORES')
`;

const REPLACE_KEYS = `
local standing = redis.call('GET', KEYS[1])
local revision = standing and cjson.decode(standing).revision or 0
if revision ~= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
`;

/** Teaches a client the scripts. A script runs alone from its first line to its last. */
export function defineScripts(client: Redis): void {
  client.defineCommand('sallyportRevoke', { numberOfKeys: 1, lua: REVOKE });
  client.defineCommand('sallyportUndo', { numberOfKeys: 1, lua: UNDO });
  client.defineCommand('sallyportSwapEpoch', { numberOfKeys: 1, lua: SWAP_EPOCH });
  client.defineCommand('sallyportAddAccount', { numberOfKeys: 3, lua: ADD_ACCOUNT });
  client.defineCommand('sallyportUpdateAccount', { numberOfKeys: 2, lua: UPDATE_ACCOUNT });
  client.defineCommand('sallyportUpdateMarkedAccount', { numberOfKeys: 4, lua: UPDATE_MARKED_ACCOUNT });
  client.defineCommand('sallyportRaiseMark', { numberOfKeys: 1, lua: RAISE_MARK });
  client.defineCommand('sallyportAdmitToken', { numberOfKeys: 2, lua: ADMIT_TOKEN });
  client.defineCommand('sallyportNoteToken', { numberOfKeys: 1, lua: NOTE_TOKEN });
  client.defineCommand('sallyportRemoveAccount', { numberOfKeys: 5, lua: REMOVE_ACCOUNT });
  client.defineCommand('sallyportDropAccount', { numberOfKeys: 4, lua: REMOVE_ACCOUNT });
  client.defineCommand('sallyportFindAccount', { numberOfKeys: 2, lua: FIND_ACCOUNT, readOnly: true });
  client.defineCommand('sallyportPageAccounts', { numberOfKeys: 2, lua: PAGE_ACCOUNTS, readOnly: true });
  client.defineCommand('sallyportIndexToken', { numberOfKeys: 2, lua: INDEX_TOKEN });
  client.defineCommand('sallyportAddToken', { numberOfKeys: 1, lua: ADD_TOKEN });
  client.defineCommand('sallyportSucceedToken', { numberOfKeys: 1, lua: SUCCEED_TOKEN });
  client.defineCommand('sallyportEndToken', { numberOfKeys: 1, lua: END_TOKEN });
  client.defineCommand('sallyportUseToken', { numberOfKeys: 1, lua: USE_TOKEN });
  client.defineCommand('sallyportAddBasicUses', { numberOfKeys: 1, lua: ADD_BASIC_USES });
  client.defineCommand('sallyportPageTokens', { numberOfKeys: 1, lua: PAGE_TOKENS, readOnly: true });
  client.defineCommand('sallyportReplaceKeys', { numberOfKeys: 1, lua: REPLACE_KEYS });
  defineLoginHistoryScripts(client);
  defineIdempotencyScripts(client);
}
