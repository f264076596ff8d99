-- Sends the prepared requests of a file one after the other, and prints what wrk measured as one JSON line.
-- The arguments: the status that each answer must have, and the file, which holds for each request its length on a
-- line of its own, then its bytes.
local prepared, position, expected, thread = {}, 0, 0, nil
refused, other = 0, 0

function setup(only)
  thread = only
end

function init(args)
  expected = tonumber(args[1])
  local file = assert(io.open(args[2], "rb"))
  while true do
    local length = file:read("*n")
    if not length then break end
    file:read(1)
    prepared[#prepared + 1] = file:read(length)
  end
  file:close()
end

function request()
  position = position % #prepared + 1
  return prepared[position]
end

function response(status)
  if status ~= expected then
    refused, other = refused + 1, status
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "refused": %d, "status": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    thread:get("refused"), thread:get("other"), errors.connect + errors.read + errors.write + errors.timeout))
end
