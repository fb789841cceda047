-- The rule of raiseMark() in src/revocation-set/entry-merge.ts. The time is that of this server, so no clock of an
-- instance can get ahead of it. A mark that can rise no more, or cannot be read, ends everything already.

local function raise(key, newest, from)
  local at = math.max(from or tonumber(redis.call('TIME')[1]), tonumber(newest) or 0)
  local existing = redis.call('GET', key)
  if existing and not isUndone(existing) then
    local marked = digits(trim(existing))
    if not marked or marked >= 999999999999999 then
      redis.call('PERSIST', key)
      return existing
    end
    at = math.max(at, from and marked or marked + 1)
  end
  local raised = string.format('%.0f', at)
  redis.call('SET', key, raised)
  return raised
end
