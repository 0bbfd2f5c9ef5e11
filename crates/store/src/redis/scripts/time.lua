-- Before every script: milliseconds by the server's clock, the one that all sidecars share.
local function server_time()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
