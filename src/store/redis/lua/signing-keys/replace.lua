-- Replaces the signing keys of an issuer. Returns 1, or 0 where they have another revision.
-- KEYS: the keys. ARGV: expected revision; new keys as JSON.

local existing = redis.call('GET', KEYS[1])
local revision = existing and cjson.decode(existing).revision or 0
if revision ~= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
