public import LabCore

/// Why a report could not be made from a run.
public enum ReportError: LabFailure {
    /// A number of the run is not finite, so no report may show it.
    case notFinite(run: String, field: String)
    /// A program error: the built-in template or an encoder refused its input.
    case rendering(run: String, report: String, cause: String)

    /// What happened, naming the run and the field.
    public var description: String {
        switch self {
        case .notFinite(let run, let field): "run \(run) cannot be reported: \(field) is not a finite number"
        case .rendering(let run, let report, let cause): "the \(report) report of run \(run) failed: \(cause)"
        }
    }

    /// How to mend it.
    public var remedy: String? {
        switch self {
        case .notFinite: "run the suite again; if it stays, the evaluation that made the number is at fault"
        case .rendering: "this is a fault of the lab; please report it with the run's record"
        }
    }
}

extension RunRecord {
    private func check(_ value: Double?, _ field: @autoclosure () -> String) throws(ReportError) {
        if let value, !value.isFinite { throw .notFinite(run: id, field: field()) }
    }

    private func check(_ record: ConsistencyRecord, _ place: String) throws(ReportError) {
        for (name, figures) in [("predictions", record.predictions), ("predictions_floor", record.predictionsFloor)] {
            try check(figures?.klMeanNats, "\(place).\(name).kl_mean_nats")
            try check(figures?.klMaxNats, "\(place).\(name).kl_max_nats")
            try check(figures?.topAgreementPercent, "\(place).\(name).top1_agreement_percent")
            try check(figures?.logitDifferenceMaxNats, "\(place).\(name).logit_difference_max_nats")
        }
        for (name, figures) in [("texts", record.texts), ("texts_floor", record.textsFloor)] {
            try check(figures?.exactPercent, "\(place).\(name).exact_percent")
            try check(figures?.similarityPercent, "\(place).\(name).similarity_percent")
        }
        for (rank, worst) in record.worst.enumerated() {
            try check(worst.token.klNats, "\(place).worst[\(rank)].kl_nats")
            try check(worst.token.parentNats, "\(place).worst[\(rank)].parent_nats")
            try check(worst.token.candidateNats, "\(place).worst[\(rank)].candidate_nats")
        }
    }

    private func check(_ record: ThroughputRecord, _ place: String) throws(ReportError) {
        for (name, speed) in [
            ("prefill", record.prefill), ("decode", record.decode),
            ("first_token_milliseconds", record.firstTokenMilliseconds),
        ] {
            try check(speed?.median, "\(place).\(name).median")
            try check(speed?.low, "\(place).\(name).low")
            try check(speed?.high, "\(place).\(name).high")
        }
        for (name, latency) in [
            ("p50", record.latency?.p50), ("p95", record.latency?.p95), ("p99", record.latency?.p99),
        ] { try check(latency, "\(place).latency_milliseconds.\(name)") }
        for (name, roofline) in [
            ("prefill_roofline", record.prefillRoofline), ("decode_roofline", record.decodeRoofline),
        ] {
            try check(roofline?.limit, "\(place).\(name).limit")
            try check(roofline?.percent, "\(place).\(name).percent")
        }
        for (metric, values) in record.repetitions ?? [:] {
            for value in values { try check(value, "\(place).repetitions.\(metric)") }
        }
    }

    /// Throws for the first number that is not finite, naming its place.
    func requireFinite() throws(ReportError) {
        try check(durationSeconds, "duration_seconds")
        for (index, artifact) in artifacts.enumerated() {
            try check(artifact.bitsPerWeight, "artifacts[\(index)].bits_per_weight")
        }
        for (index, measurement) in measurements.enumerated() {
            try check(measurement.value, "measurements[\(index)].value")
            try check(measurement.interval?.low, "measurements[\(index)].interval.low")
            try check(measurement.interval?.high, "measurements[\(index)].interval.high")
            try check(measurement.interval?.level, "measurements[\(index)].interval.level")
        }
        for (index, verdict) in verdicts.enumerated() {
            try check(verdict.value, "verdicts[\(index)].value")
            try check(verdict.threshold?.limit, "verdicts[\(index)].threshold")
            let evidence = verdict.evidence
            let place = "verdicts[\(index)].evidence"
            try check(evidence?.alpha, "\(place).alpha")
            try check(evidence?.interval?.low, "\(place).interval.low")
            try check(evidence?.interval?.high, "\(place).interval.high")
            try check(evidence?.interval?.level, "\(place).interval.level")
            try check(evidence?.clip?.low, "\(place).clip.low")
            try check(evidence?.clip?.high, "\(place).clip.high")
            try check(evidence?.minimumDetectableEffect, "\(place).minimum_detectable_effect")
        }
        for (index, record) in (fidelity ?? []).enumerated() {
            let place = "fidelity[\(index)]"
            try check(record.klStandardErrorNats, "\(place).kl_standard_error_nats")
            try check(record.floor?.klMeanNats, "\(place).floor.kl_mean_nats")
            try check(record.floor?.klMaxNats, "\(place).floor.kl_max_nats")
            try check(record.floor?.topAgreementPercent, "\(place).floor.top1_agreement_percent")
            try check(record.flips.mcNemarP, "\(place).flips.mcnemar_p")
            try check(record.pack?.shareOfLogitsPercent, "\(place).pack.share_of_logits_percent")
            for (rank, worst) in record.worst.enumerated() {
                try check(worst.token.klNats, "\(place).worst[\(rank)].kl_nats")
                try check(worst.token.parentNats, "\(place).worst[\(rank)].parent_nats")
                try check(worst.token.candidateNats, "\(place).worst[\(rank)].candidate_nats")
            }
        }
        for (index, series) in pairedSeries.enumerated() {
            for (position, point) in series.points.enumerated() {
                try check(point.parent, "paired_series[\(index)].points[\(position)].parent")
                try check(point.candidate, "paired_series[\(index)].points[\(position)].candidate")
                try check(point.klMean, "paired_series[\(index)].points[\(position)].kl_mean")
                try check(point.topAgreement, "paired_series[\(index)].points[\(position)].top1_agreement")
            }
        }
        for (index, record) in (texts ?? []).enumerated() {
            try check(record.similarity, "validation.samples[\(index)].similarity")
            try check(record.agreement, "validation.samples[\(index)].agreement")
        }
        for (index, record) in (languages ?? []).enumerated() {
            try check(record.confidencePercent, "languages[\(index)].confidence_percent")
            try check(record.lossNats, "languages[\(index)].loss_nats")
            try check(record.excessNats, "languages[\(index)].excess_nats")
            try check(record.excessInterval?.low, "languages[\(index)].excess_interval.low")
            try check(record.excessInterval?.high, "languages[\(index)].excess_interval.high")
            try check(record.excessInterval?.level, "languages[\(index)].excess_interval.level")
        }
        for (index, record) in (answers ?? []).enumerated() {
            try check(record.flips?.mcNemarP, "answers[\(index)].flips.mcnemar_p")
        }
        for (index, series) in (promptSeries ?? []).enumerated() {
            for (position, point) in series.points.enumerated() {
                for (metric, value) in point.values {
                    try check(value, "prompt_series[\(index)].points[\(position)].values.\(metric)")
                }
            }
        }
        for (index, change) in (regression?.changes ?? []).enumerated() {
            let place = "regression.changes[\(index)]"
            for (name, value) in [
                ("reference", change.reference), ("value", change.value), ("change", change.change),
                ("interval.low", change.interval?.low), ("interval.high", change.interval?.high),
                ("tolerance_relative_percent", change.tolerance?.relativePercent),
                ("tolerance_absolute", change.tolerance?.absolute), ("allowed", change.allowed),
                ("p_value", change.pValue),
            ] { try check(value, "\(place).\(name)") }
            for (rank, chunk) in change.chunks.enumerated() {
                try check(chunk.change, "\(place).worst[\(rank)].change")
            }
        }
        for (index, record) in (throughput ?? []).enumerated() {
            try check(record, "throughput[\(index)]")
        }
        for (index, record) in (consistency ?? []).enumerated() {
            try check(record, "consistency[\(index)]")
        }
        for (index, setup) in (speedSetups ?? []).enumerated() {
            let place = "speed_setups[\(index)]"
            try check(setup.device?.bytesPerSecond, "\(place).device.bytes_per_second")
            try check(setup.device?.operationsPerSecond, "\(place).device.operations_per_second")
            try check(setup.loadSeconds, "\(place).load_seconds")
        }
    }
}
