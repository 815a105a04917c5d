-- Sends a message to a connector.
-- KEYS: its inbox (a channel). ARGV: the message.
-- Returns how many connectors received it.
local publish = (redis.REDIS_VERSION_NUM or 0) >= 0x00070000 and 'SPUBLISH' or 'PUBLISH'
return redis.call(publish, KEYS[1], ARGV[1])
