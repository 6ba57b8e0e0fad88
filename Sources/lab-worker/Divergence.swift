import CLlama
import LabCore

extension Context {
    /// Scores one chunk and describes the model's predictions for a pack.
    func predict(
        _ chunk: [llama_token], settings: PredictionSettings, batch: Batch
    ) throws -> ChunkPredictions {
        let logits = try compute(chunk, batch: batch)
        let digest = Digest(ofTokens: chunk)
        let positions = try logits.map(
            scratch: { PositionPredictor(vocabulary: vocabularySize, settings: settings, tokens: digest) }
        ) { predictor, index in
            guard
                let position = predictor.predict(logits.row(index), token: logits.token(index), position: index)
            else { throw WorkerProblem.notFinite }
            return position
        }
        return ChunkPredictions(
            vocabulary: vocabularySize, settings: settings, tokens: digest,
            score: try ChunkScore(nats: positions.map(\.nats)), positions: positions.map(\.kept))
    }

    /// Compares the model's predictions on a chunk with what is kept of its parent's.
    ///
    /// - Throws: ``PredictionsError`` when the predictions are not of this chunk and vocabulary.
    func diverge(
        _ chunk: [llama_token], from parent: ChunkPredictions, batch: Batch
    ) throws -> ChunkDivergence {
        guard parent.vocabulary == vocabularySize else {
            throw PredictionsError(
                "the predictions are of a vocabulary of \(parent.vocabulary) tokens, and the artifact has "
                    + "\(vocabularySize)")
        }
        let scored = chunk.count - 1 - chunk.count / 2
        guard parent.positions.count == scored else {
            throw PredictionsError("the predictions are of \(parent.positions.count) tokens, and \(scored) are scored")
        }
        guard parent.tokens == Digest(ofTokens: chunk) else {
            throw PredictionsError("the predictions are of another text, or of one tokenized otherwise")
        }
        let logits = try compute(chunk, batch: batch)
        let positions = try logits.map(
            scratch: { TailMass(vocabulary: vocabularySize) }
        ) { tail, index -> (ComparedPosition, DivergenceEstimate) in
            let row = logits.row(index)
            let softmax = tail.softmax(row)
            guard softmax.isFinite else { throw WorkerProblem.notFinite }
            let predicted = parent.positions[index]
            let compared = ComparedPosition(
                parentNats: Double(predicted.nats), candidateNats: softmax.nats(row[logits.token(index)]),
                parentChoice: predicted.top.first?.id ?? 0, candidateChoice: Int32(softmax.likeliest(in: row)))
            return (compared, DivergenceEstimate(predicted, candidate: row, softmax: softmax, tail: &tail))
        }
        let (klNats, sumVariance) = DivergenceEstimate.combine(positions.map(\.1))
        return try divergence(
            chunk, positions.map(\.0), klNats: klNats, sumVariance: sumVariance,
            logitDifferences: positions.map(\.1.logitDifferenceMax), parentScore: parent.score)
    }

    /// Compares the model's predictions on a chunk with its parent's, which is computed beside it.
    func diverge(_ chunk: [llama_token], from parent: Context, batch: Batch) throws -> ChunkDivergence {
        let expected = try parent.compute(chunk, batch: batch)
        let logits = try compute(chunk, batch: batch)
        let positions = try logits.map(scratch: {}) { _, index -> (ComparedPosition, Double, Double) in
            let (p, q) = (LogSoftmax(expected.row(index)), LogSoftmax(logits.row(index)))
            guard p.isFinite, q.isFinite else { throw WorkerProblem.notFinite }
            let token = logits.token(index)
            let compared = ComparedPosition(
                parentNats: p.nats(expected.row(index)[token]), candidateNats: q.nats(logits.row(index)[token]),
                parentChoice: Int32(p.likeliest(in: expected.row(index))),
                candidateChoice: Int32(q.likeliest(in: logits.row(index))))
            let nats = ExactDivergence.nats(parent: expected.row(index), p, candidate: logits.row(index), q)
            let difference = ExactDivergence.logitDifferenceMax(
                parent: expected.row(index), p, candidate: logits.row(index), q)
            return (compared, nats, difference)
        }
        return try divergence(
            chunk, positions.map(\.0), klNats: positions.map(\.1), sumVariance: 0,
            logitDifferences: positions.map(\.2), parentScore: ChunkScore(nats: positions.map(\.0.parentNats)))
    }

    /// What both models make of one position.
    private struct ComparedPosition {
        var parentNats: Double
        var candidateNats: Double
        var parentChoice: llama_token
        var candidateChoice: llama_token
    }

    private func divergence(
        _ chunk: [llama_token], _ positions: [ComparedPosition], klNats: [Double], sumVariance: Double,
        logitDifferences: [Double], parentScore: ChunkScore
    ) throws -> ChunkDivergence {
        guard klNats.allSatisfy(\.isFinite), sumVariance.isFinite else { throw WorkerProblem.notFinite }
        let first = chunk.count - positions.count
        let outcomes = positions.enumerated().map { index, position in
            (
                parent: position.parentChoice == chunk[first + index],
                candidate: position.candidateChoice == chunk[first + index]
            )
        }
        let worst = klNats.indices.sorted { (klNats[$0], $1) > (klNats[$1], $0) }.prefix(ChunkDivergence.worstCount)
        return ChunkDivergence(
            candidate: try ChunkScore(nats: positions.map(\.candidateNats)), parent: parentScore,
            klNats: klNats.map(Float.init), klSumVariance: sumVariance,
            logitDifferenceMaxNats: Float(logitDifferences.max() ?? 0),
            agreements: positions.count { $0.parentChoice == $0.candidateChoice },
            onlyParentRight: outcomes.count { $0.parent && !$0.candidate },
            onlyCandidateRight: outcomes.count { !$0.parent && $0.candidate },
            worst: worst.map { index in
                let position = positions[index]
                return DivergentToken(
                    position: first + index, klNats: klNats[index],
                    context: model.text(of: chunk[..<(first + index)].suffix(Self.contextTokens)),
                    token: model.text(of: [chunk[first + index]]),
                    parentChoice: model.text(of: [position.parentChoice]),
                    candidateChoice: model.text(of: [position.candidateChoice]), parentNats: position.parentNats,
                    candidateNats: position.candidateNats)
            })
    }

    /// How much of the text a person gets to see before a token.
    private static let contextTokens = 24
}
