-- The sidecar's rewrite as an Envoy user would write it: search and insert, without parsing JSON, without a store, a
-- decision record or a second look at what the application sent. What is missing makes Envoy faster, not slower.

local DOMAIN = "shop.example.se"
local STARTS = { ["/rp/v6.0/auth"] = true, ["/rp/v6.0/sign"] = true }

local function text(value)
  return '"' .. value:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

local function attached(json, agent)
  local members = ""
  if not json:find('"returnRisk"', 1, true) then
    members = ',"returnRisk":true'
  end
  if not json:find('"web"', 1, true) and not json:find('"app"', 1, true) then
    members = members .. ',"web":{"referringDomain":' .. text(DOMAIN)
    if agent then
      members = members .. ',"userAgent":' .. text(agent:sub(1, 256))
    end
    members = members .. "}"
  end
  return members
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local agent = headers:get("riskgate-user-agent")
  headers:remove("riskgate-user-agent")
  if not STARTS[headers:get(":path")] then
    return
  end
  local body = handle:body()
  local json = body:getBytes(0, body:length())
  local last = json:find("}%s*$")
  if last then
    body:setBytes(json:sub(1, last - 1) .. attached(json, agent) .. "}")
  end
end

function envoy_on_response(handle)
  local body = handle:body()
  if not body then
    return
  end
  local json = body:getBytes(0, body:length())
  if json:find('"status":"complete"', 1, true) and json:find('"risk":"high"', 1, true) then
    local order = json:match('"orderRef":"([^"]*)"')
    body:setBytes('{"orderRef":"' .. order .. '","status":"failed","hintCode":"transactionRiskBlocked"}')
  end
end
