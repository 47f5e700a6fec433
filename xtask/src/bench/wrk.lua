-- Asks what the list says, one after the other, and prints what wrk measured on one line for the program.
local asked = {
{{REQUESTS}}}
local requests = {}
local at = 0

local threads = 0

function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

function init(args)
   for i, ask in ipairs(asked) do
      requests[i] = wrk.format(ask[1], ask[2], ask[3], ask[4])
   end
   -- Two threads do not ask the same at the same time.
   at = math.floor(#requests * number / 2)
end

function request()
   at = at % #requests + 1
   return requests[at]
end

function done(summary, latency, requests)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.timeout
   io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration,
      latency:percentile(50), latency:percentile(99), failed, errors.status))
end
