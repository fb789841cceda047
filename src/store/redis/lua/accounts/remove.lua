-- Removes an account and writes its mark. Returns the outcome (removed, missing or stale) and the removed record.
-- KEYS: records, names, order, newest tokens, mark; without a mark, nothing is written and no authority is checked.
-- ARGV: id; value of the mark; its end; id of the account whose authority the call has, empty for none; its version.
-- The mark comes first: a script that fails is not rolled back, and an account without tokens can be removed again.
-- include entry-merge
-- include account-swap

if KEYS[5] and ARGV[4] ~= '' and not stands(ARGV[4], ARGV[5]) then return { 'stale' } end
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record then return { 'missing' } end
if KEYS[5] then write(KEYS[5], ARGV[2], ARGV[3]) end
for _, key in ipairs(nameKeysOf(record)) do redis.call('HDEL', KEYS[2], key) end
redis.call('LREM', KEYS[3], 0, ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
return { 'removed', record }
