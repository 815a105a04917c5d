-- Publishes one event. Returns how many heard it, or an error.
local function publish(live, mapping, undelivered, position, kind, payload, time)
  -- Sharded channels spread over a cluster, and no pattern subscription is matched against them.
  local command = (redis.REDIS_VERSION_NUM or 0) >= 0x00070000 and 'SPUBLISH' or 'PUBLISH'
  local receivers = redis.pcall(command, live, position .. ' ' .. kind .. ' ' .. payload)
  if type(receivers) == 'table' then return receivers end

  -- A connector of the original listens to its own channel only.
  local connector = redis.pcall('GET', mapping)
  if type(connector) == 'string' and connector ~= '' and string.sub(connector, 1, 13) ~= 'aa-connector-' then
    local heard = redis.pcall('PUBLISH', connector .. ':' .. mapping, payload)
    if type(heard) == 'number' then receivers = receivers + heard end
  end

  -- The mark stays where it is, but lasts as long as the event that it leads to.
  if receivers == 0 and not redis.call('SET', undelivered, position, 'NX', 'EX', time) then
    redis.call('EXPIRE', undelivered, time)
  end
  return receivers
end

