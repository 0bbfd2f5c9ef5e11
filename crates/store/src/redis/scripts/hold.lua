-- A terminal answer as the provider gave it. ARGV: now or nothing (see time.rs), how long it is kept, the server's spare time, the answer.
local key, now = KEYS[1], tonumber(ARGV[1]) or server_time()
local deadline = tonumber(redis.call('HGET', key, 'd') or 0)
if deadline <= now then
  redis.call('DEL', key)
  deadline = 0
elseif redis.call('HEXISTS', key, 'h') == 1 or redis.call('HEXISTS', key, 's') == 1 then
  return 0
end
-- A server with maxmemory refuses what takes memory only until a script has begun to write: begun by taking away what is not
-- there, an answer is taken by a full server, too. It cannot be had again.
redis.call('HDEL', key, 'h')
deadline = math.max(deadline, now + tonumber(ARGV[2]))
redis.call('HSET', key, 'h', ARGV[4], 'd', string.format('%.0f', deadline))
redis.call('PEXPIRE', key, string.format('%.0f', deadline - now + tonumber(ARGV[3])))
return 1
