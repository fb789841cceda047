-- Makes a place familiar. The oldest ones beyond the limit go.
-- KEYS: places. ARGV: place; how long places are kept in milliseconds; how many are kept.

local time = redis.call('TIME')
local at, kept = time[1] * 1000 + math.floor(time[2] / 1000), tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], at, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at - kept)
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[3])
redis.call('PEXPIRE', KEYS[1], kept)
