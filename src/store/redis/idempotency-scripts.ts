import type { Redis, Result } from 'ioredis';

declare module 'ioredis' {
  // The scripts below, as `defineCommand` adds them to a client; keys first.
  interface RedisCommander<Context> {
    /** Claims a request as `IdempotencyStore.claim` says; 1 where it is the claimant's, and what stands afterwards. */
    sallyportClaimRequest(
      records: string,
      order: string,
      key: string,
      record: string,
      keptSeconds: number,
      keptRequests: number,
      runSeconds: number,
    ): Result<[claimed: number, standing: string], Context>;
    /** Notes how a request ended; `refused` forgets it. */
    sallyportSettleRequest(records: string, order: string, key: string, end: string): Result<null, Context>;
  }
}

const CLAIM_REQUEST = `
local key, request = ARGV[1], cjson.decode(ARGV[2])
local kept, most, run = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local now = request.startedAtSeconds

local function forget(keys)
  for _, gone in ipairs(keys) do
    redis.call('HDEL', KEYS[1], gone)
    redis.call('ZREM', KEYS[2], gone)
  end
end

forget(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - kept))
local standing = redis.call('HGET', KEYS[1], key)
if standing then
  local record = cjson.decode(standing)
  local isTooLong = record.startedAtSeconds <= now - run
  local isLeft = record.state == 'interrupted' or (record.state == 'running' and isTooLong)
  if not isLeft or record.fingerprint ~= request.fingerprint then return { 0, standing } end
  request.resourceId = record.resourceId
end
local claimed = cjson.encode(request)
redis.call('HSET', KEYS[1], key, claimed)
redis.call('ZADD', KEYS[2], now, key)
local over = redis.call('ZCARD', KEYS[2]) - most
if over > 0 then
  local oldest = {}
  for _, other in ipairs(redis.call('ZRANGE', KEYS[2], 0, over)) do
    if other ~= key and #oldest < over then oldest[#oldest + 1] = other end
  end
  forget(oldest)
end
redis.call('EXPIRE', KEYS[1], kept)
redis.call('EXPIRE', KEYS[2], kept)
return { 1, claimed }
`;

const SETTLE_REQUEST = `
local standing = redis.call('HGET', KEYS[1], ARGV[1])
if not standing then return end
local record = cjson.decode(standing)
if record.state == 'made' then return end
if ARGV[2] == 'refused' then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
  return
end
record.state = ARGV[2]
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(record))
`;

/** Teaches a client these scripts. */
export function defineIdempotencyScripts(client: Redis): void {
  client.defineCommand('sallyportClaimRequest', { numberOfKeys: 2, lua: CLAIM_REQUEST });
  client.defineCommand('sallyportSettleRequest', { numberOfKeys: 2, lua: SETTLE_REQUEST });
}
