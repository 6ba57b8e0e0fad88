import LabCore

extension JSONDocument {
    /// The shape of an entry of `consistency`.
    struct Consistency: Encodable {
        var evaluation: String
        var side: ConsistencyRecord.Side
        @Nullable var reference: ConsistencyRecord.Side?
        @Nullable var predictions: Predictions?
        @Nullable var predictionsFloor: Predictions?
        @Nullable var texts: Texts?
        @Nullable var textsFloor: Texts?
        @Nullable var variation: Variation?
        var tokenizedDifferently: Int
        var renderedDifferently: Int
        var worst: [Fidelity.Token]
        var differences: [ConsistencyRecord.Difference]

        struct Predictions: Encodable {
            var klMeanNats: Double
            var klMaxNats: Double
            var top1AgreementPercent: Double
            var logitDifferenceMaxNats: Double
            var windows: Int

            init(_ record: ConsistencyRecord.Predictions) {
                klMeanNats = record.klMeanNats
                klMaxNats = record.klMaxNats
                top1AgreementPercent = record.topAgreementPercent
                logitDifferenceMaxNats = record.logitDifferenceMaxNats
                windows = record.windows
            }
        }

        struct Texts: Encodable {
            var exactPercent: Double
            var similarityPercent: Double
            @Nullable var firstDivergence: Int?
            var texts: Int

            init(_ record: ConsistencyRecord.Texts) {
                exactPercent = record.exactPercent
                similarityPercent = record.similarityPercent
                firstDivergence = record.firstDivergence
                texts = record.texts
            }
        }

        struct Variation: Encodable {
            var microBatch: Int
            var threads: Int
            @Nullable var parallelSequences: Int?
        }

        init(_ record: ConsistencyRecord) {
            evaluation = record.evaluation
            side = record.side
            reference = record.reference
            predictions = record.predictions.map(Predictions.init)
            predictionsFloor = record.predictionsFloor.map(Predictions.init)
            texts = record.texts.map(Texts.init)
            textsFloor = record.textsFloor.map(Texts.init)
            variation = record.variation.map {
                Variation(microBatch: $0.microBatch, threads: $0.threads, parallelSequences: $0.parallelSequences)
            }
            tokenizedDifferently = record.tokenizedDifferently
            renderedDifferently = record.renderedDifferently
            worst = record.worst.map(Fidelity.Token.init)
            differences = record.differences
        }
    }
}
