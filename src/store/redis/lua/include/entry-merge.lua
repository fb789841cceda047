-- The rule of RevocationStore.write, as mergeEntries() in src/revocation-set/entry-merge.ts has it. A present expiry is
-- left alone or replaced by the later one. It is never set again from the time that is left of it.

-- Spaces of ASCII, as readReach() in src/core/revocation-entry.ts trims them.
local function trim(text)
  return (string.gsub(string.gsub(text, '^[\t-\r ]+', ''), '[\t-\r ]+$', ''))
end

local function digits(text)
  return text and #text <= 15 and string.find(text, '^%d+$') and tonumber(text)
end

-- What was taken back counts as if it were not there.
local function isUndone(value)
  return string.sub(value, 1, 10) == 'unrevoked:'
end

-- What was taken back, where the value says so.
local function undoneValue(value)
  if not isUndone(value) then return nil end
  local readable, facts = pcall(cjson.decode, string.sub(value, 11))
  return readable and type(facts) == 'table' and facts.undoes
end

local function isStronger(key, existing, added)
  if string.sub(key, 1, 19) == 'sallyport:notbefore' then
    return (digits(trim(added)) or math.huge) > (digits(trim(existing)) or math.huge)
  end
  local function waits(value) return digits(string.match(trim(value), '^after:(.*)$')) end
  return waits(existing) and not waits(added)
end

local function write(key, value, endsAt)
  local existing = redis.call('GET', key)
  if existing and isUndone(value) then return end
  if not existing or isUndone(existing) then
    redis.call('SET', key, value)
    if endsAt ~= '' then redis.call('EXPIREAT', key, endsAt) end
    return
  end
  if isStronger(key, existing, value) then redis.call('SET', key, value, 'KEEPTTL') end
  local left = redis.call('PTTL', key)
  if left < 0 then return end
  if endsAt == '' then
    redis.call('PERSIST', key)
    return
  end
  local now = redis.call('TIME')
  if endsAt * 1000 > now[1] * 1000 + now[2] / 1000 + left then redis.call('EXPIREAT', key, endsAt) end
end
