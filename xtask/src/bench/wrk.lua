-- Asks for one path, as each of the customers in turn, and prints what wrk measured on one line for the program.
local tokens = {{{TOKENS}}}
local requests = {}
local at = 0

function init(args)
   if #tokens == 0 then
      requests[1] = wrk.format("GET", "{{PATH}}")
   end
   for i, token in ipairs(tokens) do
      requests[i] = wrk.format("GET", "{{PATH}}", { ["Authorization"] = "Bearer " .. token })
   end
end

function request()
   at = at % #requests + 1
   return requests[at]
end

function done(summary, latency, requests)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
      latency:percentile(50), latency:percentile(99), failed))
end
