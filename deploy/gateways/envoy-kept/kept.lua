-- Repeats an allow of Sallyport, for as long as Sallyport says that it may be kept, without asking again.
-- docs/kept-answers.md explains how to install it, what it costs and what it must not be combined with.
--
-- It runs twice for each request: in front of ext_authz it looks the request up, behind ext_authz it keeps the answer. Both
-- filters have one name, and this code stands at the route configuration under that name. So they share one state for each
-- worker thread. Where anything is unclear, Envoy asks Sallyport: if this script is missing or fails, only speed is lost.

local NAMESPACE = "sallyport.kept"             -- what ext_authz reads: filter_enabled_metadata, metadata_context_namespaces
local ASKED = "sallyport.asked"                -- from the filter in front to the one behind; never holds a credential
local ANSWER = "envoy.filters.http.ext_authz"  -- where ext_authz puts the dynamic metadata of the answer

local LONGEST_MS = 60000   -- nothing is kept longer: the most that revocation.keep allows
local WINDOW_MS = 2000     -- a request that comes again within this time is kept from then on
local DOUBT_MS = 50        -- how long an allow passes after a later question about the same request went unanswered
local MAX_KEY = 8192       -- bytes of a key; a longer one is not kept
local MAX_BYTES = 8388608  -- of what is kept, in each of two generations
local MAX_SEEN = 20000     -- requests that came once, in each of two generations
local MAX_PENDING = 1024   -- questions under way whose answers can be kept
local MAX_LABELS = 16      -- labels whose hits are reported with one question
local MAX_COUNTED = 1000   -- labels whose hits are counted between two reports
local MAX_KINDS = 1000     -- different texts of `keep`

local find, sub, match, gmatch = string.find, string.sub, string.match, string.gmatch

-- Returns both clocks in milliseconds: the one that also counts while the machine sleeps, and the wall clock, which jumps
-- when a virtual machine was paused. Whichever of them ends an entry first ends it. They come from LuaJIT's FFI. Envoy itself
-- offers the wall clock alone, which can be set back unnoticed. So without the FFI nothing is kept.
local clock
do
  local BOOTTIME, REALTIME = 7, 0
  local isThere, found = pcall(function()
    local ffi = require("ffi")
    if ffi.os ~= "Linux" or not ffi.abi("64bit") or not ffi.abi("le") then return nil end
    ffi.cdef [[
      typedef struct { uint32_t seconds, high, nanoseconds, zero; } sallyport_timespec;
      int clock_gettime(int clock, sallyport_timespec *time);
    ]]
    local C, time = ffi.C, ffi.new("sallyport_timespec")
    local function read()
      if C.clock_gettime(BOOTTIME, time) ~= 0 then return nil end
      local boot = time.seconds * 1000 + time.nanoseconds / 1000000
      if C.clock_gettime(REALTIME, time) ~= 0 then return nil end
      return boot, time.seconds * 1000 + time.nanoseconds / 1000000
    end
    return read() and read
  end)
  clock = isThere and found or nil
end

-- What is kept is small. Collecting less often costs some megabytes and saves a microsecond for each hit.
collectgarbage("setpause", 400)

-- Two generations of entries, by credential and then by place: a new path costs no copy of the credential. The older one is
-- dropped as a whole.
local young, old, youngBytes, turnAt, generationMs = {}, {}, 0, 0, WINDOW_MS
-- Two generations of requests that came at least once.
local seen, seenBefore, seenCount, seenTurnAt = {}, {}, 0, 0
-- The questions under way, in a ring, how many of its places are taken, and the serial number of the newest one for each key.
local pending, pendingCount, newest, serial = {}, 0, {}, 0
-- Whether a hit is on its way from the filter in front to the one behind. Nothing else runs in between.
local isPassing = false
-- Hits that were not reported yet, by label.
local counted, countedLabels = {}, 0
-- `keep` as text -> as tables.
local kinds, kindCount = {}, 0
-- Names of header fields that are no other spelling of another name.
local plain, plainCount = {}, 0
-- Whether Envoy itself removes what clients must not send. `nil` until the first request.
local isStripped
-- Names of the facts that are repeated. `nil`: all of them.
local wanted
local hasWarned = false

local function listOf(text)
  local list = {}
  for name in gmatch(text, "%S+") do list[#list + 1] = name end
  return list
end

-- Reads `keep`: one line with the names of the headers that the answer sets, one with those that hold a credential and are
-- removed, one with the others that a client must not send.
local function kindOf(text)
  local kind = kinds[text]
  if kind == nil then
    local set, credentials, guarded = match(text, "^([^\n]*)\n([^\n]*)\n([^\n]*)$")
    if set == nil then return nil end
    if kindCount >= MAX_KINDS then kinds, kindCount = {}, 0 end
    kind = { set = listOf(set), remove = listOf(isStripped and credentials or credentials .. " " .. guarded) }
    kinds[text], kindCount = kind, kindCount + 1
  end
  return kind
end

-- Upstreams may read x_auth_subject as x-auth-subject. Sallyport removes such names, so it is asked.
local function isPlain(headers)
  for name in pairs(headers) do
    if not plain[name] then
      if find(name, "[^a-z0-9:-]") then return false end
      if plainCount < 1000 then plain[name], plainCount = true, plainCount + 1 end
    end
  end
  return true
end

-- What the answer depends on besides the credential. No field holds a line feed. The path is last, because LuaJIT hashes a few
-- bytes of a long string, those at its end among them.
local function placeOf(headers)
  local method, host, path = headers:get(":method"), headers:get(":authority"), headers:get(":path")
  if not (method and host and path) then return nil end
  local question = find(path, "?", 1, true)
  if question then
    -- The query decides nothing else, but Sallyport refuses these in it.
    if find(path, "[%c #]", question) then return nil end
    path = sub(path, 1, question - 1)
  end
  return method .. "\n" .. host .. "\n" .. path
end

local function entryOf(credential, place)
  local places = young[credential]
  local entry = places and places[place]
  if entry then return entry end
  places = old[credential]
  return places and places[place]
end

local function drop(credential, place)
  if young[credential] then young[credential][place] = nil end
  if old[credential] then old[credential][place] = nil end
end

-- Keeping an answer costs about a quarter of asking, so only what comes again is worth it. A wrong guess costs nothing else,
-- so parts of the key will do.
local function comesAgain(credential, place, boot)
  if seenCount >= MAX_SEEN or boot >= seenTurnAt then
    seenBefore, seen, seenCount = boot < seenTurnAt + WINDOW_MS and seen or {}, {}, 0
    seenTurnAt = boot + WINDOW_MS
  end
  local hint = sub(credential, -48) .. (#place > 200 and sub(place, 1, 100) .. sub(place, -100) or place)
  if seen[hint] then return true end
  seen[hint], seenCount = true, seenCount + 1
  return seenBefore[hint] ~= nil
end

-- Notes a question whose answer may be kept. Returns its number, which tells nothing about the request.
local function ask(credential, place, boot, wall)
  serial = serial + 1
  local key = place .. "\n" .. credential
  local slot = serial % MAX_PENDING
  local former = pending[slot]
  if former == nil then pendingCount = pendingCount + 1
  elseif newest[former.key] == former.serial then newest[former.key] = nil end
  pending[slot] = { serial = serial, key = key, credential = credential, place = place, boot = boot, wall = wall }
  newest[key] = serial
  return serial
end

-- Since when there has been a later question about the same request without an allow: it may have been denied.
local function doubtSince(key, mine)
  local latest = newest[key]
  if latest == nil then return nil end
  if latest == mine then newest[key] = nil return nil end
  local question = pending[latest % MAX_PENDING]
  return question and question.serial == latest and question.boot or nil
end

local function keep(credential, place, entry, boot, bytes)
  if youngBytes >= MAX_BYTES or boot >= turnAt then
    old, young, youngBytes, turnAt = young, {}, 0, boot + generationMs
  end
  local places = young[credential]
  if places == nil then
    places = {}
    young[credential] = places
  end
  places[place] = entry
  youngBytes = youngBytes + bytes
end

-- Returns names and values by turns, and their bytes; nil if a header is missing that the answer set.
local function valuesOf(headers, names)
  local values, bytes = {}, 0
  for i = 1, #names do
    local value = headers:get(names[i])
    if value == nil then return nil end
    values[2 * i - 1], values[2 * i] = names[i], value
    bytes = bytes + #value
  end
  return values, bytes
end

-- The dynamic metadata that access logs, rate limits and RBAC read, by turns too.
local function factsOf(answer)
  local facts, bytes = {}, 0
  for name, value in pairs(answer) do
    local kind = type(value)
    local isFact = kind == "string" or kind == "boolean" or kind == "number"
    if isFact and sub(name, 1, 4) ~= "keep" and name ~= "ext_authz_duration" and (wanted == nil or wanted[name]) then
      facts[#facts + 1], facts[#facts + 2] = name, value
      bytes = bytes + #name + (kind == "string" and #value or 8)
    end
  end
  return facts, bytes
end

-- Keeps an answer from when the request arrived, which is before the question was sent.
local function learn(headers, answer, question)
  local credential, place = question.credential, question.place
  local doubt = doubtSince(question.key, question.serial)
  local ms, kind = answer.keep_ms, type(answer.keep) == "string" and kindOf(answer.keep)
  if type(ms) ~= "number" or not (ms > 0) or not kind then return end
  if type(answer.issuer) ~= "string" or type(answer.keep_route) ~= "string" then return end
  -- A filter in between changed what was asked about.
  if placeOf(headers) ~= place then return end
  local existing = entryOf(credential, place)
  if existing and existing.serial > question.serial then return end
  local set, setBytes = valuesOf(headers, kind.set)
  if set == nil then return end
  local facts, factBytes = factsOf(answer)
  if ms > LONGEST_MS then ms = LONGEST_MS end
  if ms > generationMs then generationMs = ms end
  local entry = {
    serial = question.serial,
    untilBoot = question.boot + ms,
    fromWall = question.wall,
    untilWall = question.wall + ms,
    doubt = doubt,
    set = set,
    remove = kind.remove,
    facts = facts,
    label = answer.issuer .. " " .. answer.keep_route,
  }
  keep(credential, place, entry, question.boot, #question.key + setBytes + factBytes + 1000)
end

local function isValid(entry, boot, wall)
  if boot >= entry.untilBoot or wall < entry.fromWall or wall >= entry.untilWall then return false end
  return entry.doubt == nil or boot - entry.doubt < DOUBT_MS
end

local function count(label)
  local hits = counted[label]
  if hits == nil then
    if countedLabels >= MAX_COUNTED then return end
    hits, countedLabels = 0, countedLabels + 1
  end
  counted[label] = hits + 1
end

-- Lets the request pass as the answer did. What switches ext_authz off comes last: if anything before it fails, Envoy asks.
local function pass(headers, metadata, entry)
  local set, remove, facts = entry.set, entry.remove, entry.facts
  for i = 1, #set, 2 do headers:replace(set[i], set[i + 1]) end
  for i = 1, #remove do headers:remove(remove[i]) end
  for i = 1, #facts, 2 do metadata:set(ANSWER, facts[i], facts[i + 1]) end
  count(entry.label)
  isPassing = true
  metadata:set(NAMESPACE, "decided", true)
end

-- Reports hits with the next question, whichever that is. What does not fit goes with the one after.
local function report(metadata)
  if countedLabels == 0 then return end
  local hits, n = {}, 0
  for label, number in pairs(counted) do
    hits[label], n = number, n + 1
    if n == MAX_LABELS then break end
  end
  for label in pairs(hits) do counted[label] = nil end
  countedLabels = countedLabels - n
  metadata:set(NAMESPACE, "hits", hits)
end

-- Behind ext_authz: the request passes.
local function behind(headers, metadata, asked)
  local question = asked.serial and pending[asked.serial % MAX_PENDING]
  if not question or question.serial ~= asked.serial then return end
  local answer = metadata:get(ANSWER)
  if answer then learn(headers, answer, question) end
  pending[asked.serial % MAX_PENDING], pendingCount = nil, pendingCount - 1
end

-- Once for each state. `filter_context` stands beside this code in the configuration.
local function begin(handle)
  local isThere, stripped, facts = pcall(function()
    local context = handle:filterContext()
    return context:get("stripped"), context:get("facts")
  end)
  isStripped = isThere and stripped == true
  if not isThere or type(facts) ~= "table" then return end
  wanted = {}
  for _, name in ipairs(facts) do wanted[name] = true end
end

function envoy_on_request(handle)
  if isPassing then isPassing = false return end
  if clock == nil then
    if not hasWarned then handle:logWarn("sallyport.kept: no clocks by LuaJIT's FFI, so nothing is kept") end
    hasWarned = true
    return
  end
  if isStripped == nil then begin(handle) end
  local headers = handle:headers()
  local credential = headers:get("authorization")
  local place, boot, wall, entry
  if credential then
    place = placeOf(headers)
    if place and #place + #credential > MAX_KEY then place = nil end
    boot, wall = clock()
    if not boot then return end
    entry = place and entryOf(credential, place)
  elseif pendingCount == 0 then
    -- Without a credential it is either not asked about here, or it was, and its answer is not waited for.
    return
  end
  local metadata = handle:streamInfo():dynamicMetadata()
  if entry and isValid(entry, boot, wall) and metadata:get(ANSWER) == nil and (isStripped or isPlain(headers)) then
    return pass(headers, metadata, entry)
  end
  local asked = metadata:get(ASKED)
  if asked then return behind(headers, metadata, asked) end
  -- An answer is there: this is the filter behind ext_authz.
  if place == nil or metadata:get(ANSWER) ~= nil then return end
  -- From here on Sallyport is asked: what it says counts, and no older allow.
  if entry then drop(credential, place) end
  report(metadata)
  if find(credential, "^[Bb]earer ") and comesAgain(credential, place, boot) then
    metadata:set(ASKED, "serial", ask(credential, place, boot, wall))
  end
end
