-- A record holds the spellings by which it is found, as nameKey and emailKey.
-- include account-version

local function nameKeysOf(record)
  local account = cjson.decode(record)
  return { account.nameKey, account.emailKey }
end

local function update(id, existing, record, authority, version)
  if redis.call('HGET', KEYS[1], id) ~= existing then return 'outdated' end
  if authority ~= '' and not stands(authority, version) then return 'stale' end
  local added = nameKeysOf(record)
  for _, key in ipairs(added) do
    local holder = redis.call('HGET', KEYS[2], key)
    if holder and holder ~= id then return 'taken' end
  end
  for _, key in ipairs(nameKeysOf(existing)) do redis.call('HDEL', KEYS[2], key) end
  for _, key in ipairs(added) do redis.call('HSET', KEYS[2], key, id) end
  redis.call('HSET', KEYS[1], id, record)
  return 'updated'
end
