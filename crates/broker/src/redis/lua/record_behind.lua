-- What is left to do if events were held back, or if publishing failed.
if announced then
  local to = { log = log, unheard = KEYS[3], live = KEYS[4], mapping = KEYS[5], announced = KEYS[6] }
  receivers = announce(to, announced, position, time)
end
if type(receivers) == 'table' then
  call('SREM', seen, ARGV[1])
  call('XDEL', log, position)
  return receivers
end
return { position, receivers }
