-- A terminal answer as the application gets it; gives the one that was settled before, if there is one.
-- ARGV: now or nothing (see time.rs), its window, the server's spare time, who settles, the answer, its decision record or nothing.
local key, now, window = KEYS[1], tonumber(ARGV[1]) or server_time(), tonumber(ARGV[2])
local deadline = tonumber(redis.call('HGET', key, 'd') or 0)
if deadline <= now then
  redis.call('DEL', key)
else
  local known = redis.call('HGET', key, 's')
  if known then
    -- The same attempt a second time, after its answer was lost, was the first.
    if redis.call('HGET', key, 't') == ARGV[4] then return false end
    return known
  end
end
-- First what takes no memory, so that a full server takes the answer, too (see hold.lua).
redis.call('HDEL', key, 'h')
redis.call('HSET', key, 's', ARGV[5], 't', ARGV[4], 'd', string.format('%.0f', now + window))
if ARGV[6] ~= '' then
  redis.call('HSET', key, 'r', ARGV[6], 'c', string.format('%.0f', server_time()))
end
redis.call('PEXPIRE', key, string.format('%.0f', window + tonumber(ARGV[3])))
return false
