-- Compares two positions. Their numbers may exceed what a double holds exactly, so they are compared as text.
local function shorter_or_less(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end

local function less(a, b)
  local a_millis, a_sequence = string.match(a, '^(%d+)-(%d+)$')
  local b_millis, b_sequence = string.match(b, '^(%d+)-(%d+)$')
  if a_millis == b_millis then return shorter_or_less(a_sequence, b_sequence) end
  return shorter_or_less(a_millis, b_millis)
end

