-- Compares by bytes, as Redis sorts. The comparison of Lua depends on the language of the server.

local function isLess(one, other)
  for i = 1, math.min(#one, #other) do
    local left, right = string.byte(one, i), string.byte(other, i)
    if left ~= right then return left < right end
  end
  return #one < #other
end
