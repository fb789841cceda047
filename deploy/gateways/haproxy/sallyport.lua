-- Asks Sallyport (listener `verify`, mode `forwarded`) whether a request may pass. HAProxy 2.6 or later.
--
-- Load it with `lua-load-per-thread`, and use it as the last rules of a frontend, as haproxy.cfg does:
--
--   http-request lua.sallyport
--   http-request return status 503 unless { var(txn.sallyport) -m str allowed }
--
-- The second rule belongs to it: after an error in a Lua action HAProxy continues with the next rule.
--
-- Sallyport is asked about the request as it is when this action runs. A rule or a backend that changes the method, the
-- host or the path afterwards changes a request that was checked already.
--
-- Nothing here waits in the event loop: HAProxy runs other requests while the question is under way.

-- The section of haproxy.cfg that knows Sallyport's address, time limits, health check and TLS.
local SALLYPORT = "abns@sallyport-8080"
-- The path is the one of the listener `verify`. The host is an address, so that HAProxy never looks up a name.
local URL = "http://127.0.0.1/auth"
-- The last resort. The limits in haproxy.cfg end a question long before.
local LIMIT_MS = 15000

-- What only Sallyport may tell the upstream: `identity.headers`, `identity.claims` and `identity.token` of sallyport.yaml.
local IDENTITY = { "x-auth-subject", "x-auth-scopes", "x-auth-token-id", "x-auth-issuer", "x-auth-scheme" }

-- What the decision needs of the client's header, besides method, host and path.
local SENT = {
  "authorization",
  "origin", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-user",
  "mcp-protocol-version", "mcp-method", "mcp-name",
  "traceparent", "tracestate",
}

-- What a client reads of a denial.
local DENIAL = { "content-type", "cache-control", "www-authenticate", "retry-after", "deprecation", "sunset" }

-- What a client reads of a request that passes with a password, by the variable that haproxy.cfg reads.
local NOTICE = { deprecation = "txn.sallyport_deprecation", sunset = "txn.sallyport_sunset" }

local PROBLEM = "application/problem+json"

-- Returns the values of a field, in order. HAProxy counts them from 0.
local function values_of(headers, name)
  local values, field = {}, headers[name]
  if field ~= nil then
    local index = 0
    while field[index] ~= nil do
      values[#values + 1] = field[index]
      index = index + 1
    end
  end
  return values
end

-- Returns the only value of a field; nil for none, for several and for an empty one.
local function only_value_of(headers, name)
  local values = values_of(headers, name)
  if #values == 1 and values[1] ~= "" then return values[1] end
  return nil
end

-- Returns the request target as it is forwarded. HAProxy sends a target in absolute form on as it came, and Sallyport
-- refuses it. Over HTTP/2 there is no such form, although `url` shows one.
local function target_of(txn)
  if txn.sf:req_ver() == "2.0" then return txn.sf:pathq() end
  return txn.sf:url()
end

-- Returns the header of the question. Each field goes on with all of its values: several credentials are for Sallyport
-- to refuse. Nothing that the client says of itself in `x-forwarded-*` goes on.
local function question_of(txn)
  local headers = txn.http:req_get_headers()
  local question = {
    ["x-forwarded-method"] = { txn.sf:method() },
    ["x-forwarded-uri"] = { target_of(txn) },
    ["x-forwarded-host"] = values_of(headers, "host"),
    ["x-forwarded-for"] = { txn.sf:src() },
  }
  for _, name in ipairs(SENT) do
    local values = values_of(headers, name)
    if #values > 0 then question[name] = values end
  end
  return question
end

-- Whether the whole answer arrived.
local function is_whole(answer)
  local length = only_value_of(answer.headers, "content-length")
  return length == nil or tonumber(length) == #(answer.body or "")
end

-- Sets the identity of the answer, and no other. Returns whether the request has all of it now: HAProxy silently leaves out a
-- header for which there is no room (`tune.bufsize`), and a client can fill that room.
local function set_identity(txn, answer)
  for _, name in ipairs(IDENTITY) do txn.http:req_del_header(name) end
  for _, name in ipairs(IDENTITY) do
    local value = only_value_of(answer.headers, name)
    if value ~= nil then txn.http:req_set_header(name, value) end
  end
  local headers = txn.http:req_get_headers()
  for _, name in ipairs(IDENTITY) do
    if only_value_of(headers, name) ~= only_value_of(answer.headers, name) then return false end
  end
  return true
end

-- Lets the request pass.
local function allow(txn, answer)
  -- Sallyport sends the credential back where it may reach the service: on public routes, for requests that `shadow` lets
  -- pass, and with `identity.forwardCredential: true`. Elsewhere it ends here.
  if #values_of(answer.headers, "authorization") == 0 then txn.http:req_del_header("authorization") end
  if not set_identity(txn, answer) then
    txn:set_var("txn.sallyport", "no-room")
    txn:done(txn:reply({ status = 431 }))
  end
  for name, variable in pairs(NOTICE) do
    local value = only_value_of(answer.headers, name)
    if value ~= nil then txn:set_var(variable, value) end
  end
  txn:set_var("txn.sallyport", "allowed")
end

-- Ends the request with Sallyport's answer.
local function deny(txn, answer)
  local reply = txn:reply({ status = answer.status, body = answer.body })
  for _, name in ipairs(DENIAL) do
    for _, value in ipairs(values_of(answer.headers, name)) do reply:add_header(name, value) end
  end
  txn:set_var("txn.sallyport", "denied")
  txn:done(reply)
end

core.register_action("sallyport", { "http-req" }, function(txn)
  local answer = core.httpclient():get({
    url = URL,
    dst = SALLYPORT,
    headers = question_of(txn),
    timeout = LIMIT_MS,
  })
  if answer == nil or answer.headers == nil or not is_whole(answer) then return end
  if answer.status == 200 then return allow(txn, answer) end
  -- Anything that is not a denial of Sallyport's leaves the answer to the next rule in haproxy.cfg.
  local kind = only_value_of(answer.headers, "content-type")
  if kind == PROBLEM and answer.status >= 400 and answer.status < 600 then deny(txn, answer) end
end)
