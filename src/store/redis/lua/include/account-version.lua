-- Whether an account is as it was known, and not disabled. No account is while the mark of a change is missing.

local function stands(id, version)
  local record = redis.call('HGET', KEYS[1], id)
  if not record then return false end
  local account = cjson.decode(record)
  if account.disabled == true or account.unmarked then return false end
  return (account.version or 0) == tonumber(version)
end
