-- The application ended the transaction. One with a terminal answer stays.
if redis.call('HEXISTS', KEYS[1], 'h') == 1 or redis.call('HEXISTS', KEYS[1], 's') == 1 then return 0 end
return redis.call('DEL', KEYS[1])
