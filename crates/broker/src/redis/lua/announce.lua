-- Publishes the events after the last published one, up to a position; an event whose position is greater than a
-- desktop's last one would hide those before it, so none is left out.
-- Returns how many connectors received the last one, or an error.
-- `to`: the log, the live channel, the undelivered mark, the mapping key, the position of the last published event.
local function announce(to, from, upto, time)
  if not less(from, upto) then return 0 end
  local receivers = 0
  for _, entry in ipairs(redis.call('XRANGE', to.log, from, upto)) do
    if entry[1] ~= from then
      receivers = publish(to.live, to.mapping, to.unheard, entry[1], entry[2][2], entry[2][4], time)
      if type(receivers) == 'table' then return receivers end
    end
  end
  local kept = redis.pcall('SET', to.announced, upto, 'EX', time)
  return kept.err and kept or receivers
end

