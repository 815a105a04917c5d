-- Takes the unheard mark and looks up the end of the log.
-- KEYS: unheard, log, taken. ARGV: receipt, seconds to keep.
-- The mark is left at `taken` for a while with the receipt of who took it: if this answer is lost, it is
-- handed out to whoever comes again with the same receipt, and to nobody else.
local call = redis.call
local unheard, taken = call('GET', KEYS[1]), call('GET', KEYS[3])
local mine = taken and string.match(taken, '^' .. ARGV[1] .. ' (.*)$')
if mine and not (unheard and less(unheard, mine)) then
  call('DEL', KEYS[1])
  unheard = mine
elseif unheard then
  -- Redis may be full. Then the mark stays, and the next one finds it too.
  local kept = redis.pcall('SET', KEYS[3], ARGV[1] .. ' ' .. unheard, 'EX', ARGV[2])
  if kept.ok then call('DEL', KEYS[1]) end
end
local last = call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', '1')[1]
return { unheard, last and last[1] or false }
