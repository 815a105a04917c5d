-- Records one event: log, live channel, unheard mark. Everything or nothing.
-- KEYS: log, seen, unheard, live (a channel), mapping key, announced.
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

local to = { log = log, unheard = KEYS[3], live = KEYS[4], mapping = KEYS[5], announced = KEYS[6] }
-- Other interceptors may hold events back until replicas have them.
local announced = call('GET', KEYS[6])
local receivers
if announced then
  receivers = announce(to, announced, position, time)
else
  receivers = publish(to, position, kind, payload, time)
end
if type(receivers) == 'table' then
  call('SREM', seen, ARGV[1])
  call('XDEL', log, position)
  return receivers
end
return { position, receivers }
