-- wrk: a JSON webhook of 2 KB, each with an id of its own. Prints one line of JSON at the end.
local head = '{"type":"message.created","id":"evt_'
local tail = '","timestamp":"2030-01-01T00:00:00Z","data":{"id":"msg_1","from":"ada","content":"'
local fill = string.rep("x", 2048 - #head - #tail - 12 - 3) .. '"}}'
local count = 0
local stamp = 0

function init(args)
  stamp = tonumber(args[1] or "0")
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["User-Agent"] = "webhooks/1.0"
  prefix = wrk.format("POST", "/webhook", nil, string.rep("x", 2048)):sub(1, -2049) .. head
end

function request()
  count = count + 1
  return prefix .. string.format("%04d%08d", stamp, count) .. tail .. fill
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"seconds":%f,"errors":%d,"p50":%f,"p99":%f}\n',
    summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
