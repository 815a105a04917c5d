-- Records one event: log, live channel, undelivered mark. Everything or nothing.
-- KEYS: log, seen, undelivered, live (a channel), mapping key, announced.
-- ARGV: fingerprint, kind, payload, events to keep, seconds to keep.
-- Returns false for a duplicate, else the position and how many connectors received it.
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

-- Other interceptors may hold events back until replicas have them.
local announced, receivers = call('GET', KEYS[6]), nil
if not announced then
  receivers = publish(KEYS[4], KEYS[5], KEYS[3], position, kind, payload, time)
  if type(receivers) == 'number' then return { position, receivers } end
end

