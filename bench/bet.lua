-- Dice bets for wrk: every request with a fresh uuid7 wire id, sessions in turn.
-- Arguments after `--`: a file with one bearer token per line, the host and port to name.
local ffi = require("ffi")
ffi.cdef [[
typedef struct { long seconds; long micros; } bench_time;
int gettimeofday(bench_time *now, void *zone);
]]

local DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
local BODY_END = '","currency":"PLAY","stake":"0.01","params":{"target":"50.00","direction":"under"}}'
local BODY_LENGTH = #'{"id":"bet_' + 26 + #BODY_END

local threads = 0

function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

local now = ffi.new("bench_time")
local heads, triples = {}, {}
local turn, known_ms, prefix = 0, -1, ""

-- 48 bits of Unix milliseconds are the first ten characters.
local function time_prefix(ms)
   local chars = {}
   for at = 10, 1, -1 do
      local digit = ms % 32
      chars[at] = DIGITS:sub(digit + 1, digit + 1)
      ms = (ms - digit) / 32
   end
   return table.concat(chars)
end

function init(args)
   ffi.C.gettimeofday(now, nil)
   math.randomseed(tonumber(now.micros) * 64 + number)
   for token in io.lines(args[1]) do
      heads[#heads + 1] = "POST /v1/games/dice/bets HTTP/1.1\r\nHost: " .. args[2]
         .. "\r\nAuthorization: Bearer " .. token
         .. "\r\nContent-Type: application/json\r\nContent-Length: " .. BODY_LENGTH
         .. '\r\n\r\n{"id":"bet_'
   end
   turn = math.random(#heads)
   for one in DIGITS:gmatch(".") do
      for two in DIGITS:gmatch(".") do
         for three in DIGITS:gmatch(".") do
            triples[#triples + 1] = one .. two .. three
         end
      end
   end
end

-- After the time: the version (7) and the variant (2) with random bits around them.
local VERSION = { "e", "f" }
local VARIANT = { "8", "9", "a", "b", "r", "s", "t", "v" }
local random = math.random

function request()
   ffi.C.gettimeofday(now, nil)
   local ms = tonumber(now.seconds) * 1000 + math.floor(tonumber(now.micros) / 1000)
   if ms ~= known_ms then
      known_ms, prefix = ms, time_prefix(ms)
   end
   turn = turn % #heads + 1
   return heads[turn] .. prefix .. VERSION[random(2)] .. triples[random(32768)]:sub(1, 2)
      .. VARIANT[random(8)] .. triples[random(32768)] .. triples[random(32768)]
      .. triples[random(32768)] .. triples[random(32768)] .. BODY_END
end

-- Latencies in steps of 50 microseconds: those of several generators are added up.
local STEP_US = 50

local function waits(latency)
   local counts, order = {}, {}
   for at = 1, #latency do
      local value, count = latency(at)
      local step = math.floor(value / STEP_US) * STEP_US
      if counts[step] == nil then
         order[#order + 1] = step
      end
      counts[step] = (counts[step] or 0) + count
   end
   local parts = {}
   for _, step in ipairs(order) do
      parts[#parts + 1] = string.format("[%d, %d]", step, counts[step])
   end
   return table.concat(parts, ", ")
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format(
      'RESULT {"requests": %d, "micros": %d, "refused": %d, "broken": %d, "waits_us": [%s]}\n',
      summary.requests, summary.duration, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout, waits(latency)))
end
