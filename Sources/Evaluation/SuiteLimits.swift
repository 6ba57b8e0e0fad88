public import LabCore

extension RegressionTolerance {
    /// Reads what an evaluation allows: a share of the reference in percent, an amount with its unit, or both.
    init(_ node: StrictYAML, of entry: Registry.Entry, evaluation: String) throws {
        let keys = try node.mapping(allowed: ["metric", "relative_percent", "absolute", "unit"])
        let metricNode = try keys.required("metric", in: node)
        let name = try metricNode.string()
        guard let metric = entry.metrics.first(where: { $0.name == name }) else {
            throw metricNode.error(
                "unknown metric '\(name)'",
                remedy:
                    "\(entry.evaluator.rawValue) measures: \(entry.metrics.map(\.name).joined(separator: ", "))")
        }
        if entry.evaluator == .throughput, !MetricDefinition.ofRepetitions.contains(metric) {
            let compared = MetricDefinition.ofRepetitions.map(\.name).joined(separator: ", ")
            throw metricNode.error(
                "no repetition has a \(name) of its own to compare", remedy: "runs are compared by: \(compared)")
        }
        let relative = try keys["relative_percent"]?.number()
        let absolute = try keys["absolute"]?.number()
        guard relative != nil || absolute != nil else {
            throw node.error("no tolerance for \(name)", remedy: "give relative_percent, absolute, or both")
        }
        for (key, amount) in [("relative_percent", relative), ("absolute", absolute)] {
            if let amount, amount < 0, let wrong = keys[key] { throw wrong.error("\(key) must be at least 0") }
        }
        if absolute != nil {
            let unitNode = try keys.required("unit", in: node)
            let unit = try unitNode.string()
            guard unit == metric.unit else {
                throw unitNode.error("the unit of \(metric.name) is \(metric.unit), not \(unit)")
            }
        }
        self.init(evaluation: evaluation, metric: name, relativePercent: relative, absolute: absolute)
    }
}

extension Threshold {
    /// Reads a gate: metric, `below` or `above`, and the unit, which must be the metric's own.
    ///
    /// - Parameter others: further keys that the gate may have.
    init(_ node: StrictYAML, of entry: Registry.Entry, others: [String] = []) throws {
        let keys = try node.mapping(allowed: ["metric", "below", "above", "unit"] + others)
        let metricNode = try keys.required("metric", in: node)
        let metricName = try metricNode.string()
        guard let metric = entry.gates.first(where: { $0.name == metricName }) else {
            let isMeasured = entry.metrics.contains { $0.name == metricName }
            throw metricNode.error(
                isMeasured ? "no gate can limit '\(metricName)'" : "unknown metric '\(metricName)'",
                remedy: "\(entry.evaluator.rawValue) is judged by: \(entry.gates.map(\.name).joined(separator: ", "))")
        }
        let unitNode = try keys.required("unit", in: node)
        let unit = try unitNode.string()
        guard unit == metric.unit else {
            throw unitNode.error("the unit of \(metric.name) is \(metric.unit), not \(unit)")
        }
        let (side, other) = metric.polarity == .lowerIsBetter ? ("below", "above") : ("above", "below")
        if let wrong = keys[other] {
            throw wrong.error("\(metric.name) is limited with '\(side)'", remedy: "write \(side) in place of \(other)")
        }
        self.init(metric: metric, limit: try keys.required(side, in: node).number())
    }
}
