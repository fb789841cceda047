-- Adds an account. Returns what came of it: added, stale, not_first, name_taken, email_taken or id_exists.
-- KEYS: records, names, order. ARGV: id; record; 1 to add only the first account; id of the account whose authority the
-- call has, empty for none; version of that account; the spellings of the name, and of the e-mail address if there is one.
-- include account-version

if ARGV[4] ~= '' and not stands(ARGV[4], ARGV[5]) then return 'stale' end
if ARGV[3] == '1' and redis.call('HLEN', KEYS[1]) > 0 then return 'not_first' end
for index = 6, #ARGV do
  if redis.call('HEXISTS', KEYS[2], ARGV[index]) == 1 then return index == 6 and 'name_taken' or 'email_taken' end
end
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 'id_exists' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
for index = 6, #ARGV do redis.call('HSET', KEYS[2], ARGV[index], ARGV[1]) end
redis.call('RPUSH', KEYS[3], ARGV[1])
return 'added'
