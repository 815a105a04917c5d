-- Extends a mapping key that names us and claims it if it has vanished.
-- KEYS: mapping key. ARGV: connector id, milliseconds to live.
local connector = redis.call('GET', KEYS[1])
if connector == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
elseif not connector then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return 0
