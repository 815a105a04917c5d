-- Records one event without publishing it: first replicas must have it. The log, however, is read no further
-- than to the last event that was announced.
-- KEYS: log, seen, announced. ARGV: fingerprint, kind, payload, events to keep, seconds to keep.
-- Returns whether the event is new, and the last position in the log.
local call, log, seen, time = redis.call, KEYS[1], KEYS[2], ARGV[5]

local last = call('XREVRANGE', log, '+', '-', 'COUNT', '1')[1]
last = last and last[1] or '0-0'
if call('SADD', seen, ARGV[1]) == 0 then return { 0, last } end
local kept = redis.pcall('SET', KEYS[3], last, 'NX', 'EX', time)
local position = kept
if not (kept and kept.err) then
  position = redis.pcall('XADD', log, 'MAXLEN', '~', ARGV[4], '*', 'k', ARGV[2], 'p', ARGV[3])
end
if type(position) == 'table' then
  call('SREM', seen, ARGV[1])
  return position
end
call('EXPIRE', log, time)
call('EXPIRE', seen, time)
call('EXPIRE', KEYS[3], time)
return { 1, position }
