-- Sends a letter to a connector.
-- KEYS: its inbox (a channel). ARGV: the letter.
-- Returns how many connectors got it.
local publish = (redis.REDIS_VERSION_NUM or 0) >= 0x00070000 and 'SPUBLISH' or 'PUBLISH'
return redis.call(publish, KEYS[1], ARGV[1])
