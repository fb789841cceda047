-- Notes how a request ended; "refused" forgets it.
-- KEYS: records, order. ARGV: key; end.

local existing = redis.call('HGET', KEYS[1], ARGV[1])
if not existing then return end
local record = cjson.decode(existing)
if record.state == 'made' then return end
if ARGV[2] == 'refused' then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
  return
end
record.state = ARGV[2]
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(record))
