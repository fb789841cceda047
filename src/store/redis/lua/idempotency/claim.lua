-- Claims a request, as IdempotencyStore.claim says. Returns 1 where it belongs to the caller, and the record as it is
-- then.
-- KEYS: records, order. ARGV: key; record; how many seconds, and how many requests, are kept; how long one may run.

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
local existing = redis.call('HGET', KEYS[1], key)
if existing then
  local record = cjson.decode(existing)
  local isTooLong = record.startedAtSeconds <= now - run
  local isLeft = record.state == 'interrupted' or (record.state == 'running' and isTooLong)
  if not isLeft or record.fingerprint ~= request.fingerprint then return { 0, existing } end
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
