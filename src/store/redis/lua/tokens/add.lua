-- Adds the record of a token. Returns 1, or 0 where there is one.
-- KEYS: the token. ARGV: record; second when it goes; further fields, each followed by its value.

if redis.call('HSETNX', KEYS[1], 'record', ARGV[1]) == 0 then return 0 end
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIREAT', KEYS[1], ARGV[2])
return 1
