-- Compare-and-set of the record of an account. Returns what came of it: updated, outdated, stale or taken.
-- KEYS: records, names. ARGV: id; expected record; new record; id of the account whose authority the call has, empty for
-- none; version of that account.
-- include account-swap

return update(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
