-- The answer to a request for the result was lost. Nothing is noted of an unknown transaction. ARGV: now or nothing (see time.rs).
local deadline = redis.call('HGET', KEYS[1], 'd')
if not deadline or tonumber(deadline) <= (tonumber(ARGV[1]) or server_time()) then return 0 end
-- First what takes no memory, so that a full server takes it, too (see hold.lua).
redis.call('HDEL', KEYS[1], '-')
return redis.call('HSET', KEYS[1], 'u', '1')
