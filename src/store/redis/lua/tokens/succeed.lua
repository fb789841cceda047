-- Names the successor of a token in place of another one. Returns the fields of the token as they are then, each name
-- followed by its value; none where there is no such token: what is written to a token that is gone would stay for ever.
-- KEYS: the token. ARGV: expected successor, empty for none; new successor.

if redis.call('HEXISTS', KEYS[1], 'record') == 0 then return {} end
if (redis.call('HGET', KEYS[1], 'successor') or '') == ARGV[1] then
  redis.call('HSET', KEYS[1], 'successor', ARGV[2])
end
return redis.call('HGETALL', KEYS[1])
