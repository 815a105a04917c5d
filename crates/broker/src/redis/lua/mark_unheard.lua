-- Sets the unheard mark unless an earlier one is set.
-- KEYS: unheard. ARGV: position, seconds to keep.
-- Both numbers of a position may exceed what a double holds exactly, so they are compared as text.
local function less(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end

local set = redis.call('GET', KEYS[1])
if set then
  local set_millis, set_sequence = string.match(set, '^(%d+)-(%d+)$')
  local millis, sequence = string.match(ARGV[1], '^(%d+)-(%d+)$')
  if set_millis and (less(set_millis, millis) or (set_millis == millis and not less(sequence, set_sequence))) then
    redis.call('EXPIRE', KEYS[1], ARGV[2])
    return 0
  end
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
