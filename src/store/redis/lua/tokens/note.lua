-- Notes a token that was recorded in another store.
-- KEYS: newest tokens. ARGV: id of the account; second of the token.
-- include newest-token

note(KEYS[1], ARGV[1], ARGV[2])
