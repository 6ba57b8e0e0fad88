import LabCore
import Serving

/// What a service has done, in Prometheus's text format.
enum MetricsText {
    static func of(_ now: ServingStatistics) -> String {
        var lines: [String] = []
        func add(_ name: String, _ kind: String, _ help: String, _ values: [(labels: String, value: String)]) {
            lines.append("# HELP \(name) \(help)")
            lines.append("# TYPE \(name) \(kind)")
            for (labels, value) in values { lines.append("\(name)\(labels) \(value)") }
        }
        func single(_ name: String, _ kind: String, _ help: String, _ value: Int) {
            add(name, kind, help, [("", "\(value)")])
        }
        let reasons: [ServedFinish.Reason] = [.stop, .length, .toolCalls, .cancelled]
        add(
            "lab_requests_total", "counter", "Answers by how they ended.",
            reasons.map { ("{end=\"\($0.rawValue)\"}", "\(now.finished[$0, default: 0])") })
        let causes: [ServedFailure.Cause] = [.request, .contextLength, .worker]
        add(
            "lab_failures_total", "counter", "Requests that failed, by cause.",
            causes.map { ("{cause=\"\($0.rawValue)\"}", "\(now.failed[$0, default: 0])") })
        single("lab_refused_total", "counter", "Requests refused since the queue was full.", now.refused)
        single("lab_prompt_tokens_total", "counter", "Tokens of prompts.", now.promptTokens)
        single("lab_cached_tokens_total", "counter", "Tokens of prompts that were in a slot.", now.cachedTokens)
        single("lab_written_tokens_total", "counter", "Tokens written.", now.writtenTokens)
        single("lab_worker_restarts_total", "counter", "Workers started after one that ended.", now.restarts)
        single("lab_requests_running", "gauge", "Requests being answered.", now.running)
        single("lab_requests_waiting", "gauge", "Requests waiting.", now.waiting)
        single("lab_slots", "gauge", "Requests that can be answered at a time.", now.slots)
        for (name, help, histogram) in [
            ("lab_first_token_seconds", "Seconds until the first token, waiting included.", now.firstToken),
            ("lab_request_seconds", "Seconds until the answer was whole.", now.whole),
        ] {
            var sum = 0
            var values: [(String, String)] = []
            for (index, count) in histogram.counts.enumerated() {
                sum += count
                let bound = index < histogram.bounds.count ? "\(histogram.bounds[index])" : "+Inf"
                values.append(("_bucket{le=\"\(bound)\"}", "\(sum)"))
            }
            add(name, "histogram", help, values + [("_sum", "\(histogram.sum)"), ("_count", "\(sum)")])
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
