-- Notes that a token is about to be recorded. Returns 1, or 0 where the account is not as it was at this version.
-- KEYS: records, newest tokens. ARGV: id of the account; its version; second of the token.
-- include account-version
-- include newest-token

if not stands(ARGV[1], ARGV[2]) then return 0 end
note(KEYS[2], ARGV[1], ARGV[3])
return 1
