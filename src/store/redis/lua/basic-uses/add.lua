-- Adds to the uses of Basic on a day.
-- KEYS: the day. ARGV: second when the day goes; for each use its name, its count and the second of the last one.

for i = 2, #ARGV, 3 do
  local existing = redis.call('HGET', KEYS[1], ARGV[i])
  local count, last = string.match(existing or '', '^(%d+):(%d+)$')
  local sum = string.format('%.0f:%.0f', (count or 0) + ARGV[i + 1], math.max(last or 0, ARGV[i + 2]))
  redis.call('HSET', KEYS[1], ARGV[i], sum)
end
redis.call('EXPIREAT', KEYS[1], ARGV[1])
