-- Adds an entry to the revocation set.
-- KEYS: the entry. ARGV: value; end in Unix seconds, empty for never; our Unix seconds; 1 to restore, which writes
-- nothing where this very value was taken back.
-- include entry-merge
-- include entry-expiry

local existing = ARGV[4] == '1' and redis.call('GET', KEYS[1])
if existing and undoneValue(existing) == ARGV[1] then return end
write(KEYS[1], ARGV[1], ARGV[2] ~= '' and goesAt(ARGV[2], ARGV[3]) or '')
