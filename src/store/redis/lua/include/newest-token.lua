-- The newest token of an account, so that the mark of the next change lies at or behind it.

local function note(key, id, createdAt)
  local newest = redis.call('HGET', key, id)
  if not newest or tonumber(newest) < tonumber(createdAt) then redis.call('HSET', key, id, createdAt) end
end
