/**
 * The steps on leases that must be atomic, in Lua. A lease is `HOLDER TOKEN END START`, a machine is `END INSTANCE JSON`;
 * times are ms by the clock of Redis, so the clocks of the machines do not matter.
 */

const now = `local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local text = function(n) return string.format('%.0f', n) end
`;

/**
 * KEYS: machines, leases, version. ARGV: name, instance, JSON, lease ms, then camera and token of each lease.
 * A lease is renewed if it is missing or has no greater token.
 */
export const beatScript = `${now}
local old = redis.call('HGET', KEYS[1], ARGV[1])
if old then
  local till, instance = string.match(old, '^(%d+) (%S+)')
  if instance ~= ARGV[2] and tonumber(till) > now then return redis.error_reply('NAMETAKEN ' .. ARGV[1]) end
end
local till = text(now + tonumber(ARGV[4]))
redis.call('HSET', KEYS[1], ARGV[1], till .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
for i = 5, #ARGV, 2 do
  local lease = redis.call('HGET', KEYS[2], ARGV[i])
  local holder, token, start
  if lease then
    holder, token, start = string.match(lease, '^(%S+) (%d+) %d+ (%d+)$')
  end
  if not token or tonumber(token) <= tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[1] .. ' ' .. ARGV[i + 1] .. ' ' .. till .. ' ' .. (start or text(now)))
  end
end
return { text(now), redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]), redis.call('GET', KEYS[3]) or '0' }
`;

/** KEYS: leases, fence. ARGV: camera, machine, lease ms, a token that the new one exceeds. */
export const takeScript = `${now}
local lease = redis.call('HGET', KEYS[1], ARGV[1])
local after = tonumber(ARGV[4])
if lease then
  local holder, token, till = string.match(lease, '^(%S+) (%d+) (%d+)')
  if holder ~= ARGV[2] and tonumber(till) > now then return false end
  after = math.max(after, tonumber(token))
end
local token = math.max(after, tonumber(redis.call('GET', KEYS[2]) or '0')) + 1
redis.call('SET', KEYS[2], text(token))
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. text(token) .. ' ' .. text(now + tonumber(ARGV[3])) .. ' ' .. text(now))
return text(token)
`;

/** KEYS: leases, fence. ARGV: camera, from, token, to, lease ms. */
export const giveScript = `${now}
local lease = redis.call('HGET', KEYS[1], ARGV[1])
local holder, token = string.match(lease or '', '^(%S+) (%d+)')
if holder ~= ARGV[2] or token ~= ARGV[3] then return 0 end
local next = math.max(tonumber(token), tonumber(redis.call('GET', KEYS[2]) or '0')) + 1
redis.call('SET', KEYS[2], text(next))
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4] .. ' ' .. text(next) .. ' ' .. text(now + tonumber(ARGV[5])) .. ' ' .. text(now))
return 1
`;

/** KEYS: machines, leases. ARGV: name. */
export const leaveScript = `
redis.call('HDEL', KEYS[1], ARGV[1])
local all = redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  if string.match(all[i + 1], '^%S+') == ARGV[1] then redis.call('HDEL', KEYS[2], all[i]) end
end
`;

/** KEYS: changes, version. ARGV: camera, JSON, 1 if it must not replace another. */
export const changeScript = `
if ARGV[3] == '1' and redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return redis.call('INCR', KEYS[2])
`;
