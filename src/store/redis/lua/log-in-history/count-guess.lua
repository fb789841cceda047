-- Counts an attempt to log in. Returns whether it was counted, whether it came from a familiar place, the budget, and
-- its failures or the wait in milliseconds. The same sums as in guess-budget.ts.
-- KEYS: budgets, last uses, places. ARGV: name; place and device, empty where unknown; 1 to count strangers; how long
-- places are kept in milliseconds; how many budgets are kept; after how many milliseconds to forget; the waits.
-- include guess-budget

local name, place, device, countsStrangers = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local kept, most, forgetAfter, FIRST = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), 8
local at = now()

local familiar = device
if device == '' and place ~= '' then
  local last = redis.call('ZSCORE', KEYS[3], place)
  if last and tonumber(last) > at - kept then familiar = place end
end
local isFamiliar = familiar ~= '' and 1 or 0
if isFamiliar == 0 and not countsStrangers then return { 0, 0, '', 0 } end
local budget = isFamiliar == 1 and familiar or '*'

local field = name .. ':' .. budget
local failures, nextAt, lastAt = find(field)
local longest = 0
for index = FIRST, #ARGV do longest = math.max(longest, tonumber(ARGV[index])) end
if lastAt + forgetAfter <= at or lastAt > at + longest then failures, nextAt = 0, 0 end
local wait = math.min(nextAt - at, longest)
if wait > 0 then return { 0, isFamiliar, budget, math.ceil(wait) } end

failures = failures + 1
put(field, failures, at + waitAfter(failures, FIRST), at)
redis.call('ZADD', KEYS[2], at, field)
drop(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', at - forgetAfter, 'LIMIT', 0, 100))
local over = redis.call('ZCARD', KEYS[2]) - most
if over > 0 then drop(redis.call('ZRANGE', KEYS[2], 0, math.min(over, 100) - 1)) end
redis.call('PEXPIRE', KEYS[1], math.max(forgetAfter, longest))
redis.call('PEXPIRE', KEYS[2], math.max(forgetAfter, longest))
return { 1, isFamiliar, budget, failures }
