"""The store's transactions, as Lua: each runs whole or not at all, and nothing comes between.

Times are milliseconds since the epoch; an empty string stands for "none".
"""

CREATE = """
-- KEYS: release, log, due, open, all, of model, active (place of the model's deploy, or '')
-- ARGV: id, document, entry, due, requested at, place to take ('1' or '')
if ARGV[6] == '1' then
  local holder = redis.call('GET', KEYS[7])
  if holder then return holder end
  redis.call('SET', KEYS[7], ARGV[1])
end
redis.call('HSET', KEYS[1], 'revision', 1, 'document', ARGV[2])
redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('ZADD', KEYS[3], ARGV[4], 'release:' .. ARGV[1])
redis.call('ZADD', KEYS[4], ARGV[5], ARGV[1])
redis.call('ZADD', KEYS[5], ARGV[5], ARGV[1])
redis.call('ZADD', KEYS[6], ARGV[5], ARGV[1])
return false
"""

COMMIT = """
-- KEYS: release, log, due, open, active, pointers, lock
-- ARGV: id, expected revision, document, due, ended ('1' or ''), pointer, lock, most pointers, entries...
local revision = redis.call('HGET', KEYS[1], 'revision')
if revision ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'revision', tonumber(ARGV[2]) + 1, 'document', ARGV[3])
for i = 9, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
if ARGV[4] == '' then redis.call('ZREM', KEYS[3], 'release:' .. ARGV[1])
else redis.call('ZADD', KEYS[3], ARGV[4], 'release:' .. ARGV[1]) end
if ARGV[5] == '1' then
  redis.call('ZREM', KEYS[4], ARGV[1])
  if redis.call('GET', KEYS[5]) == ARGV[1] then redis.call('DEL', KEYS[5]) end
end
-- The pointer's history: a list of ids, newest first, and a hash; the first pointer of a release stays.
if ARGV[6] ~= '' and redis.call('HSETNX', KEYS[6], ARGV[1], ARGV[6]) == 1 then
  redis.call('LPUSH', KEYS[6] .. ':order', ARGV[1])
  while redis.call('LLEN', KEYS[6] .. ':order') > tonumber(ARGV[8]) do
    redis.call('HDEL', KEYS[6], redis.call('RPOP', KEYS[6] .. ':order'))
  end
end
if ARGV[7] ~= '' then redis.call('SET', KEYS[7], ARGV[7], 'NX') end
return 1
"""

RESCHEDULE = """
-- KEYS: release, due; ARGV: id, revision seen, due, now
-- A document that has moved on is due at once: whoever moved it may have found us at work on it.
if redis.call('HGET', KEYS[1], 'revision') ~= ARGV[2] then
  redis.call('ZADD', KEYS[2], ARGV[4], 'release:' .. ARGV[1])
elseif ARGV[3] == '' then redis.call('ZREM', KEYS[2], 'release:' .. ARGV[1])
else redis.call('ZADD', KEYS[2], ARGV[3], 'release:' .. ARGV[1]) end
"""

TAKE = """
-- KEYS: due; ARGV: now, leased until, limit
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], ARGV[2], id) end
return ids
"""

LEASE = """
-- KEYS: lease; ARGV: holder, milliseconds
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""

RELEASE_LEASE = """
-- KEYS: lease; ARGV: holder
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
