-- Notes when a token was used, where that is later than what is known.
-- KEYS: the token. ARGV: second of the use.

if redis.call('HEXISTS', KEYS[1], 'record') == 0 then return end
local used = redis.call('HGET', KEYS[1], 'used')
if used and tonumber(used) >= tonumber(ARGV[1]) then return end
redis.call('HSET', KEYS[1], 'used', ARGV[1])
