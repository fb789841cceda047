-- Takes the last failure of a budget back.
-- KEYS: budgets, last uses. ARGV: name; budget; the waits.
-- include guess-budget

local field = ARGV[1] .. ':' .. ARGV[2]
local failures, nextAt, lastAt = find(field)
if failures <= 1 then
  drop({ field })
  return
end
put(field, failures - 1, math.max(0, nextAt - waitAfter(failures, 3)), lastAt)
