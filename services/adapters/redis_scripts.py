"""The store's transactions, as Lua: each runs whole or not at all, and nothing comes between.

Times are milliseconds since the epoch, with a fraction; an empty string stands for "none". A writer is a random word
that each call brings along: a client whose connection breaks sends a script again without knowing whether it ran, and
the writer that it finds tells it that the change is its own.

An audit log is a list of lines and, beside it, its head. Redis has no SHA-256, so the lines come chained to the head
that the caller saw. Where the head has moved on meanwhile, nothing is written, the script answers with the new head,
and the caller chains to that one.
"""

_CHAIN = """
local function chained(lines, head, seen, next, first, last)
  local found = redis.call('GET', head) or ''
  if found ~= seen then return found end
  for i = first, last do redis.call('RPUSH', lines, ARGV[i]) end
  if last >= first then redis.call('SET', head, next) end
end
"""

CREATE = f"""{_CHAIN}
-- KEYS: release, log, due, open, all, of model, active (place of the model's deploy), audit log, its head
-- ARGV: id, document, entry, due, requested at, place to take ('1' or ''), writer, ended ('1' or ''), head seen,
--   new head, lines...
-- Returns nil when stored, {{''}} when the id is in use, or {{the id of the release that has the place}}.
-- A release that is rebuilt may have a head: after the store was lost, a worker witnessed how its last order went.
local creator = redis.call('HGET', KEYS[1], 'creator')
if creator then return creator ~= ARGV[7] and {{''}} end
local holder = ARGV[6] == '1' and redis.call('GET', KEYS[7])
if holder then return {{holder}} end
local moved = chained(KEYS[8], KEYS[9], ARGV[9], ARGV[10], 11, #ARGV)
if moved then return moved end
if ARGV[6] == '1' then redis.call('SET', KEYS[7], ARGV[1]) end
redis.call('HSET', KEYS[1], 'revision', 1, 'document', ARGV[2], 'creator', ARGV[7])
redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('ZADD', KEYS[3], ARGV[4], 'release:' .. ARGV[1])
if ARGV[8] == '' then redis.call('ZADD', KEYS[4], ARGV[5], ARGV[1]) end
redis.call('ZADD', KEYS[5], ARGV[5], ARGV[1])
redis.call('ZADD', KEYS[6], ARGV[5], ARGV[1])
return false
"""

COMMIT = f"""{_CHAIN}
-- KEYS: release, log, due, open, active, pointers, lock, audit log, its head
-- ARGV: id, expected revision, document, due, ended ('1' or ''), pointer, lock, most pointers, writer, head seen,
--   new head, number of lines, requested at of one that goes on again (or ''), lines..., entries...
local stored = redis.call('HMGET', KEYS[1], 'revision', 'writer')
if stored[1] ~= ARGV[2] then return stored[2] == ARGV[9] and 1 or 0 end
local holder = ARGV[13] ~= '' and redis.call('GET', KEYS[5])
if holder and holder ~= ARGV[1] then return 0 end
local last = 13 + tonumber(ARGV[12])
local moved = chained(KEYS[8], KEYS[9], ARGV[10], ARGV[11], 14, last)
if moved then return moved end
if ARGV[13] ~= '' then
  redis.call('SET', KEYS[5], ARGV[1])
  redis.call('ZADD', KEYS[4], ARGV[13], ARGV[1])
end
redis.call('HSET', KEYS[1], 'revision', tonumber(ARGV[2]) + 1, 'document', ARGV[3], 'writer', ARGV[9])
for i = last + 1, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
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
if ARGV[7] ~= '' then redis.call('SET', KEYS[7], ARGV[7]) end
return 1
"""

WITNESS = f"""{_CHAIN}
-- KEYS: audit log, its head, told, this call's own mark, names of the logs that lapse
-- ARGV: head seen, new head, told (empty for as it was), name, seconds that the log is kept (empty: for good), lines...
-- The mark tells a call that is sent again from another one that says the same of the same moment.
if redis.call('EXISTS', KEYS[4]) == 0 then
  local moved = chained(KEYS[1], KEYS[2], ARGV[1], ARGV[2], 6, #ARGV)
  if moved then return moved end
  redis.call('SET', KEYS[4], '1', 'EX', 60)
end
if ARGV[3] ~= '' then redis.call('SET', KEYS[3], ARGV[3]) end
if ARGV[5] ~= '' then
  redis.call('EXPIRE', KEYS[1], ARGV[5])
  redis.call('EXPIRE', KEYS[2], ARGV[5])
  redis.call('SADD', KEYS[5], ARGV[4])
end
return 1
"""

RESCHEDULE = """
-- KEYS: release, due; ARGV: id, revision seen, due
-- A document that has moved on is due at once: whoever moved it may have found us at work on it.
local revision = redis.call('HGET', KEYS[1], 'revision')
if revision and revision ~= ARGV[2] then redis.call('ZADD', KEYS[2], 0, 'release:' .. ARGV[1])
elseif not revision or ARGV[3] == '' then redis.call('ZREM', KEYS[2], 'release:' .. ARGV[1])
else redis.call('ZADD', KEYS[2], ARGV[3], 'release:' .. ARGV[1]) end
"""

TAKE = """
-- KEYS: due; ARGV: now, leased until, limit, prefix of all keys
-- What has lapsed (a question nobody could answer in its time) leaves the index here, or it would come due for ever.
local taken = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])) do
  if redis.call('EXISTS', ARGV[4] .. id) == 1 then
    redis.call('ZADD', KEYS[1], ARGV[2], id)
    taken[#taken + 1] = id
  else
    redis.call('ZREM', KEYS[1], id)
  end
end
return taken
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
