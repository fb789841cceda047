-- Puts the next refresh token of a family in the place of the valid one. Returns 1, or 0 where another one is valid.
-- KEYS: the token. ARGV: its number; that of the next one; second when the family then expires; second when it goes.

if redis.call('HGET', KEYS[1], 'refreshes') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'refreshes', ARGV[2])
if tonumber(redis.call('HGET', KEYS[1], 'expires')) < tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[1], 'expires', ARGV[3])
  redis.call('EXPIREAT', KEYS[1], ARGV[4])
end
return 1
