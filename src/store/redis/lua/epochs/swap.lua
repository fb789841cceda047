-- Compare-and-set of a string. Returns 1, or 0 where another value is there. A key of another type counts as empty.
-- KEYS: the string. ARGV: "=" and the expected value, empty for none; new value.

local standing = redis.pcall('GET', KEYS[1])
if type(standing) == 'table' then standing = '' end
if (standing and '=' .. standing or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
