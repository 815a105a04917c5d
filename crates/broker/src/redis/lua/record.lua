-- Records one event: log, live channel, unheard mark. Everything or nothing.
-- KEYS: log, seen, unheard, live (a channel), mapping key.
-- ARGV: fingerprint, kind, payload, events to keep, seconds to keep.
-- Returns false for a duplicate, else the position and how many connectors heard it.
local call = redis.call
local now = call('TIME')[1]
if call('ZADD', KEYS[2], 'NX', now, ARGV[1]) == 0 then return false end

local position = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], '*', 'k', ARGV[2], 'p', ARGV[3])
if type(position) == 'table' then
  call('ZREM', KEYS[2], ARGV[1])
  return position
end
call('EXPIRE', KEYS[1], ARGV[5])
call('EXPIRE', KEYS[2], ARGV[5])

local message = position .. ' ' .. ARGV[2] .. ' ' .. ARGV[3]
local receivers
if (redis.REDIS_VERSION_NUM or 0) >= 0x00070000 then
  receivers = call('SPUBLISH', KEYS[4], message)
else
  receivers = call('PUBLISH', KEYS[4], message)
end

-- A connector of the original listens to its own channel only.
local connector = redis.pcall('GET', KEYS[5])
if type(connector) == 'string' and connector ~= '' and string.sub(connector, 1, 13) ~= 'aa-connector-' then
  receivers = receivers + call('PUBLISH', connector .. ':' .. KEYS[5], ARGV[3])
end

if receivers == 0 and not call('SET', KEYS[3], position, 'NX', 'EX', ARGV[5]) then
  call('EXPIRE', KEYS[3], ARGV[5])
end

-- Pruning every tenth millisecond is enough: it keeps the set in proportion, and the whole of it expires.
if string.byte(position, -3) == 48 then
  call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. now - ARGV[5])
end
return { position, receivers }
