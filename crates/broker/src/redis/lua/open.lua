-- Takes the undelivered mark and looks up the end of the log.
-- KEYS: undelivered, log, taken, announced. ARGV: receipt, seconds to keep.
-- Returns the mark, the last position in the log that may be known, and the oldest mark taken within the time to keep.
-- `taken` holds the receipt under which a mark was taken last, that mark, and the oldest one. If this answer is lost,
-- the mark is handed out again for the same receipt, and for no other.
local call = redis.call
local unheard, taken = call('GET', KEYS[1]), call('GET', KEYS[3])
local receipt, mine, oldest
if taken then receipt, mine, oldest = string.match(taken, '^(%x+) (%S+) (%S+)$') end
if receipt == ARGV[1] and not (unheard and less(unheard, mine)) then
  call('DEL', KEYS[1])
  unheard = mine
elseif unheard then
  if not (oldest and less(oldest, unheard)) then oldest = unheard end
  -- Redis may be full. Then the mark stays, and the next one finds it too.
  local kept = redis.pcall('SET', KEYS[3], ARGV[1] .. ' ' .. unheard .. ' ' .. oldest, 'EX', ARGV[2])
  if kept.ok then call('DEL', KEYS[1]) end
end
local last = call('XREVRANGE', KEYS[2], call('GET', KEYS[4]) or '+', '-', 'COUNT', '1')[1]
return { unheard, last and last[1] or false, oldest or false }
