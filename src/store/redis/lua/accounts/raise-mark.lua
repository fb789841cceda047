-- Raises a mark and returns it.
-- KEYS: mark. ARGV: second of the newest token, empty for none; second that the mark must reach, empty for one past the
-- present one. To reach a given second again changes nothing.
-- include entry-merge
-- include mark

return raise(KEYS[1], ARGV[1], tonumber(ARGV[2]))
