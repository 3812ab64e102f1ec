-- For wrk in serve.sh: the numbers of a run in one line: requests, microseconds, p50, p99 (microseconds), errors.
done = function(summary, latency)
    local e = summary.errors
    print(string.format("result %d %d %d %d %d", summary.requests, summary.duration, latency:percentile(50),
        latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
