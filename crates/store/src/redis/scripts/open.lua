-- The facts of an order. ARGV: now or nothing (see time.rs), how long an order stays, the server's spare time, the facts.
-- It begins with a write that a full server refuses: only orders are refused, never answers (see hold.lua).
local key, now = KEYS[1], tonumber(ARGV[1]) or server_time()
local deadline = tonumber(redis.call('HGET', key, 'd') or 0)
redis.call('HSET', key, 'f', ARGV[4])
if deadline <= now then
  redis.call('HDEL', key, 'h', 's', 't', 'r', 'c', 'u')
  deadline = 0
elseif redis.call('HEXISTS', key, 's') == 1 then
  -- The window of a settled answer is never moved.
  return 1
end
deadline = math.max(deadline, now + tonumber(ARGV[2]))
redis.call('HSET', key, 'd', string.format('%.0f', deadline))
redis.call('PEXPIRE', key, string.format('%.0f', deadline - now + tonumber(ARGV[3])))
return 1
