import type { Redis, Result } from 'ioredis';

declare module 'ioredis' {
  // The scripts below, as `defineCommand` adds them to a client; keys first.
  interface RedisCommander<Context> {
    /**
     * Counts an attempt as `LoginHistoryStore.count` says; the answer is whether it was counted, whether it came from a
     * familiar place, the budget, and its failures or the wait in milliseconds. Empty texts stand for what is unknown.
     */
    sallyportCountGuess(
      budgets: string,
      lastUses: string,
      places: string,
      name: string,
      place: string,
      device: string,
      countsStrangers: '0' | '1',
      placesKeptMs: number,
      maxBudgets: number,
      forgetAfterMs: number,
      ...waitsMs: number[]
    ): Result<[counted: number, isFamiliar: number, budget: string, failuresOrWaitMs: number], Context>;
    /** Takes the last failure of a budget back. */
    sallyportTakeGuessBack(
      budgets: string,
      lastUses: string,
      name: string,
      budget: string,
      ...waitsMs: number[]
    ): Result<null, Context>;
    /** Makes a place familiar, in place of the oldest beyond `kept`. */
    sallyportRememberPlace(places: string, place: string, keptMs: number, kept: number): Result<null, Context>;
  }
}

/** Lua. A budget is `<failures>:<next at>:<last at>`, in Unix milliseconds by the clock of Redis. */
const BUDGETS = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function find(field)
  local failures, nextAt, lastAt = string.match(redis.call('HGET', KEYS[1], field) or '', '^(%d+):(%d+):(%d+)$')
  if not failures then return 0, 0, 0 end
  return tonumber(failures), tonumber(nextAt), tonumber(lastAt)
end

local function put(field, failures, nextAt, lastAt)
  redis.call('HSET', KEYS[1], field, string.format('%.0f:%.0f:%.0f', failures, nextAt, lastAt))
end

local function drop(fields)
  if #fields == 0 then return end
  redis.call('HDEL', KEYS[1], unpack(fields))
  redis.call('ZREM', KEYS[2], unpack(fields))
end

-- How long to wait after so many failures; the waits begin at the argument of this number.
local function waitAfter(failures, first)
  return tonumber(ARGV[math.min(first + failures - 1, #ARGV)])
end
`;

/** The same sums as in `guess-budget.ts`. */
const COUNT_GUESS = `${BUDGETS}
local name, place, device, countsStrangers = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local kept, most, forgetAfter, FIRST = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), 8
local at = now()

local familiar = device
if device == '' and place ~= '' then
  local last = redis.call('ZSCORE', KEYS[3], place)
  if last and tonumber(last) > at - kept then familiar = place end
end
local isFamiliar = familiar ~= '' and 1 or 0
if isFamiliar == 0 and not countsStrangers then return { 0, 0, '', 0 } end
local budget = isFamiliar == 1 and familiar or '*'

local field = name .. ':' .. budget
local failures, nextAt, lastAt = find(field)
local longest = 0
for index = FIRST, #ARGV do longest = math.max(longest, tonumber(ARGV[index])) end
if lastAt + forgetAfter <= at or lastAt > at + longest then failures, nextAt = 0, 0 end
local wait = math.min(nextAt - at, longest)
if wait > 0 then return { 0, isFamiliar, budget, math.ceil(wait) } end

failures = failures + 1
put(field, failures, at + waitAfter(failures, FIRST), at)
redis.call('ZADD', KEYS[2], at, field)
drop(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', at - forgetAfter, 'LIMIT', 0, 100))
local over = redis.call('ZCARD', KEYS[2]) - most
if over > 0 then drop(redis.call('ZRANGE', KEYS[2], 0, math.min(over, 100) - 1)) end
redis.call('PEXPIRE', KEYS[1], math.max(forgetAfter, longest))
redis.call('PEXPIRE', KEYS[2], math.max(forgetAfter, longest))
return { 1, isFamiliar, budget, failures }
`;

const TAKE_GUESS_BACK = `${BUDGETS}
local field = ARGV[1] .. ':' .. ARGV[2]
local failures, nextAt, lastAt = find(field)
if failures <= 1 then
  drop({ field })
  return
end
put(field, failures - 1, math.max(0, nextAt - waitAfter(failures, 3)), lastAt)
`;

const REMEMBER_PLACE = `
local time = redis.call('TIME')
local at, kept = time[1] * 1000 + math.floor(time[2] / 1000), tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], at, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at - kept)
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[3])
redis.call('PEXPIRE', KEYS[1], kept)
`;

/** Teaches a client these scripts. */
export function defineLoginHistoryScripts(client: Redis): void {
  client.defineCommand('sallyportCountGuess', { numberOfKeys: 3, lua: COUNT_GUESS });
  client.defineCommand('sallyportTakeGuessBack', { numberOfKeys: 2, lua: TAKE_GUESS_BACK });
  client.defineCommand('sallyportRememberPlace', { numberOfKeys: 1, lua: REMEMBER_PLACE });
}
