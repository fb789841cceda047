-- As accounts/update, and raises the mark that ends the tokens of the account. Returns the outcome and the mark.
-- KEYS: records, names, newest tokens, mark. ARGV: as accounts/update.
-- The mark rises last: a script that fails is not rolled back, and the caller tries again.
-- include entry-merge
-- include account-swap
-- include mark

local updated = update(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
return { updated, updated == 'updated' and raise(KEYS[4], redis.call('HGET', KEYS[3], ARGV[1])) }
