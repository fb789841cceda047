-- Returns ids, the newest first, each followed by its second of creation.
-- KEYS: by creation. ARGV: id after which to begin, empty for the newest; its second of creation; how many ids.
-- Ids of the same second are in the order of their bytes, so the place of an id that is gone can be found.
-- include byte-order

local key, after, createdAt = KEYS[1], ARGV[1], ARGV[2]
local first = 0
if after ~= '' then
  first = redis.call('ZCOUNT', key, '(' .. createdAt, '+inf')
  for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', key, createdAt, createdAt)) do
    if isLess(id, after) then break end
    first = first + 1
  end
end
return redis.call('ZREVRANGE', key, first, first + ARGV[3] - 1, 'WITHSCORES')
