-- Reads a page of the log, as far as it may be known.
-- KEYS: log, announced. ARGV: first position, entries.
local announced = redis.call('GET', KEYS[2])
return redis.call('XRANGE', KEYS[1], ARGV[1], announced or '+', 'COUNT', ARGV[2])
