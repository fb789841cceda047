-- Returns the record of the account with this name or e-mail address.
-- KEYS: records, names. ARGV: the spelling.

local id = redis.call('HGET', KEYS[2], ARGV[1])
return id and redis.call('HGET', KEYS[1], id)
