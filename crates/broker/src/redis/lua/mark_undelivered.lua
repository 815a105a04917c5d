-- Sets the undelivered mark unless an earlier one is set.
-- KEYS: undelivered. ARGV: position, seconds to keep.
local set = redis.call('GET', KEYS[1])
if set and not less(ARGV[1], set) then
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
