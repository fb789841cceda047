-- When Redis must forget an entry. Redis forgets by its own clock: where that is ahead of ours, by more than a network
-- delay, it forgets as much later. It keeps an entry for the grace period after its end, or from now on where that is over.

-- ENTRY_GRACE_SECONDS in src/revocation-set/entry.ts.
local GRACE_SECONDS = 86400

local function goesAt(endsAt, ourNow)
  local now = tonumber(redis.call('TIME')[1])
  local ahead = now - ourNow
  if ahead <= 10 then ahead = 0 end
  local goesAt = endsAt + ahead + GRACE_SECONDS
  if goesAt <= now then goesAt = now + GRACE_SECONDS end
  return string.format('%d', goesAt)
end
