-- Publishes events that replicas have.
-- KEYS: log, undelivered, live (a channel), mapping key, announced. ARGV: position of the last one, seconds to keep.
-- Returns how many connectors received the last one.
local to = { log = KEYS[1], unheard = KEYS[2], live = KEYS[3], mapping = KEYS[4], announced = KEYS[5] }
local announced = redis.call('GET', KEYS[5]) or '0-0'
return announce(to, announced, ARGV[1], ARGV[2])
