-- Compare-and-set of a string. Returns 1, or 0 where another value is there. A key of another type counts as empty.
-- KEYS: the string. ARGV: "=" and the expected value, empty for none; new value.

local existing = redis.pcall('GET', KEYS[1])
if type(existing) == 'table' then existing = '' end
if (existing and '=' .. existing or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
