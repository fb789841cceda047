-- Compare-and-set of the value of an entry, with another expiry. Returns 1, or 0 where another value is there.
-- KEYS: the entry. ARGV: expected value; new value; end in Unix seconds; our Unix seconds.
-- include entry-expiry

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('EXPIREAT', KEYS[1], goesAt(ARGV[3], ARGV[4]))
return 1
