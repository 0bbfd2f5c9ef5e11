-- The decision record of a settled answer, for whoever finds it unwritten. ARGV: the lease.
-- 0: it was written. 1: somebody has it in hand. Else the record, which is the caller's to write for the length of the lease.
local key = KEYS[1]
local claimed = redis.call('HGET', key, 'c')
if not claimed then return 0 end
local now = server_time()
if now < tonumber(claimed) + tonumber(ARGV[1]) then return 1 end
-- First what takes no memory, so that a full server takes it, too (see hold.lua).
redis.call('HDEL', key, '-')
redis.call('HSET', key, 'c', string.format('%.0f', now))
return redis.call('HGET', key, 'r')
