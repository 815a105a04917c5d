-- Takes the unheard mark and looks up the end of the log.
-- KEYS: unheard, log.
local unheard = redis.call('GET', KEYS[1])
if unheard then redis.call('DEL', KEYS[1]) end
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', '1')[1]
return { unheard, last and last[1] or false }
