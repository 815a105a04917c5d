-- Deletes a mapping key if it still names us.
-- KEYS: mapping key. ARGV: connector id.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
