-- Records one event: log, live channel, unheard mark. Everything or nothing.
-- KEYS: log, seen, unheard, live (a channel), mapping key.
-- ARGV: fingerprint, kind, payload, events to keep, seconds to keep.
-- Returns false for a duplicate, else the position and how many connectors heard it.
-- What costs here is the number of calls, and every string that Lua makes: Redis hashes it whole.
local call, log, seen, kind, payload, time = redis.call, KEYS[1], KEYS[2], ARGV[2], ARGV[3], ARGV[5]

if call('SADD', seen, ARGV[1]) == 0 then return false end
local position = redis.pcall('XADD', log, 'MAXLEN', '~', ARGV[4], '*', 'k', kind, 'p', payload)
if type(position) == 'table' then
  call('SREM', seen, ARGV[1])
  return position
end
call('EXPIRE', log, time)
call('EXPIRE', seen, time)

-- Sharded channels spread over a cluster, and no pattern subscription is matched against them.
local publish = (redis.REDIS_VERSION_NUM or 0) >= 0x00070000 and 'SPUBLISH' or 'PUBLISH'
local receivers = redis.pcall(publish, KEYS[4], position .. ' ' .. kind .. ' ' .. payload)
if type(receivers) == 'table' then
  call('SREM', seen, ARGV[1])
  call('XDEL', log, position)
  return receivers
end

-- A connector of the original listens to its own channel only.
local connector = redis.pcall('GET', KEYS[5])
if type(connector) == 'string' and connector ~= '' and string.sub(connector, 1, 13) ~= 'aa-connector-' then
  local heard = redis.pcall('PUBLISH', connector .. ':' .. KEYS[5], payload)
  if type(heard) == 'number' then receivers = receivers + heard end
end

-- The mark stays where it is, but lasts as long as the event that it leads to.
if receivers == 0 and not call('SET', KEYS[3], position, 'NX', 'EX', time) then
  call('EXPIRE', KEYS[3], time)
end
return { position, receivers }
