-- What wrk sends. Arguments: the load (orders, collects, mix), the space of the references, and the number of orders that
-- the upstream has given away already (for mix).

local LAG = 500 -- far more than there are connections: an order that old has been answered

local ORDER = '{"endUserIp":"192.0.2.1","userVisibleData":"TG9nIGluIHRvIHNob3AuZXhhbXBsZS5zZQ==",' ..
  '"userVisibleDataFormat":"simpleMarkdownV1","requirement":{"pinCode":true}}'
local AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
local PLACE = ("x"):rep(36)

local load, space, first -- the arguments
local order, before, after -- requests; a collect's around its reference
local count = 0

local requests = {
  orders = function()
    return order
  end,
  -- Each collect is of another order.
  collects = function()
    count = count + 1
    return before .. string.format("%s-0000-4000-8000-%012x", space, count) .. after
  end,
  -- An order, then the result of one that the upstream gave away before: it numbers its orders.
  mix = function()
    count = count + 1
    if count % 2 == 1 then
      return order
    end
    return before .. string.format("00000000-0000-4000-8000-%012x", first - LAG + count / 2) .. after
  end,
}

function init(args)
  local headers = { ["Content-Type"] = "application/json", ["Riskgate-User-Agent"] = AGENT }
  order = wrk.format("POST", "/rp/v6.0/auth", headers, ORDER)
  local collect = wrk.format("POST", "/rp/v6.0/collect", headers, '{"orderRef":"' .. PLACE .. '"}')
  local at = collect:find(PLACE, 1, true)
  before, after = collect:sub(1, at - 1), collect:sub(at + #PLACE)
  load, space, first = args[1], args[2], tonumber(args[3])
end

function request()
  return requests[load]()
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"seconds":%.6f,"failed":%d,"p50":%d,"p99":%d}',
    summary.requests,
    summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50),
    latency:percentile(99)
  ))
end
