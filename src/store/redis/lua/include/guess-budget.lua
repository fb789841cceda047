-- A budget is <failures>:<next at>:<last at>, in Unix milliseconds by the clock of Redis.

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function find(field)
  local failures, nextAt, lastAt = string.match(redis.call('HGET', KEYS[1], field) or '', '^(%d+):(%d+):(%d+)$')
  if not failures then return 0, 0, 0 end
  return tonumber(failures), tonumber(nextAt), tonumber(lastAt)
end

local function put(field, failures, nextAt, lastAt)
  redis.call('HSET', KEYS[1], field, string.format('%.0f:%.0f:%.0f', failures, nextAt, lastAt))
end

local function drop(fields)
  if #fields == 0 then return end
  redis.call('HDEL', KEYS[1], unpack(fields))
  redis.call('ZREM', KEYS[2], unpack(fields))
end

-- How long to wait after so many failures; the waits begin at the argument of this number.
local function waitAfter(failures, first)
  return tonumber(ARGV[math.min(first + failures - 1, #ARGV)])
end
