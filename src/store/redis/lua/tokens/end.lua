-- Notes how a token ended, where that is earlier than what is known.
-- KEYS: the token. ARGV: second of the end; the end as JSON.

if redis.call('HEXISTS', KEYS[1], 'record') == 0 then return end
local ended = redis.call('HGET', KEYS[1], 'ended')
if ended and tonumber(ended) <= tonumber(ARGV[1]) then return end
redis.call('HSET', KEYS[1], 'ended', ARGV[1], 'end', ARGV[2])
