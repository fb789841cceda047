/** Code points that `String.prototype.trim` takes away beyond ASCII: white space and line ends of ECMA-262. */
const WIDE_SPACES = [
  0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029,
  0x202f, 0x205f, 0x3000, 0xfeff,
];

/**
 * Lua for the scripts that write to the revocation set. `write(key, value, endsAt)`: the rule of `RevocationStore.write`, as `mergeEntries` has it. An expiry that stands is
 * left alone or replaced by the later one, never set again from the time that is left of it.
 */
export const WRITE_ENTRY = `
local WIDE_SPACES = { ${WIDE_SPACES.map(luaString).join(', ')} }

local function trim(text)
  local before
  repeat
    before = text
    text = string.gsub(text, '^[\\t-\\r ]+', '')
    text = string.gsub(text, '[\\t-\\r ]+$', '')
    for _, space in ipairs(WIDE_SPACES) do
      if string.sub(text, 1, #space) == space then text = string.sub(text, #space + 1) end
      if string.sub(text, -#space) == space then text = string.sub(text, 1, -#space - 1) end
    end
  until text == before
  return text
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

local function isStronger(key, standing, added)
  if string.sub(key, 1, 19) == 'sallyport:notbefore' then
    return (digits(trim(added)) or math.huge) > (digits(trim(standing)) or math.huge)
  end
  local function waits(value) return digits(string.match(trim(value), '^after:(.*)$')) end
  return waits(standing) and not waits(added)
end

local function write(key, value, endsAt)
  local standing = redis.call('GET', key)
  if standing and isUndone(value) then return end
  if not standing or isUndone(standing) then
    redis.call('SET', key, value)
    if endsAt ~= '' then redis.call('EXPIREAT', key, endsAt) end
    return
  end
  if isStronger(key, standing, value) then redis.call('SET', key, value, 'KEEPTTL') end
  local left = redis.call('PTTL', key)
  if left < 0 then return end
  if endsAt == '' then
    redis.call('PERSIST', key)
    return
  end
  local now = redis.call('TIME')
  if endsAt * 1000 > now[1] * 1000 + now[2] / 1000 + left then redis.call('EXPIREAT', key, endsAt) end
end
`;

/** A character, by its code point, as a Lua 5.1 string of its UTF-8 bytes. */
function luaString(codePoint: number): string {
  return `'${[...Buffer.from(String.fromCodePoint(codePoint))].map((byte) => `\\${byte}`).join('')}'`;
}
