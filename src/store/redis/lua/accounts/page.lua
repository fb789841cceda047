-- Returns records in order of creation.
-- KEYS: records, order. ARGV: id after which to begin, empty for the first account; its second of creation, from which
-- to begin where the id is gone; how many records.

local function firstSince(createdAt)
  local ids = redis.call('LRANGE', KEYS[2], 0, -1)
  for index, other in ipairs(ids) do
    if cjson.decode(redis.call('HGET', KEYS[1], other)).createdAtSeconds >= createdAt then return index - 1 end
  end
  return #ids
end

local first = 0
if ARGV[1] ~= '' then
  local index = redis.call('LPOS', KEYS[2], ARGV[1])
  first = index and index + 1 or firstSince(tonumber(ARGV[2]))
end
local records = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[2], first, first + ARGV[3] - 1)) do
  records[#records + 1] = redis.call('HGET', KEYS[1], id)
end
return records
