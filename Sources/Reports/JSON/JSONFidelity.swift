import LabCore

extension JSONDocument {
    /// The shape of an entry of `fidelity`.
    struct Fidelity: Encodable {
        var evaluation: String
        var backend: String
        var artifact: String
        var source: FidelityRecord.Source
        var positions: Int
        var klStandardErrorNats: Double
        @Nullable var floor: Floor?
        var flips: Flips
        @Nullable var pack: Pack?
        var worst: [Token]

        struct Floor: Encodable {
            var klMeanNats: Double
            var klMaxNats: Double
            var top1AgreementPercent: Double
            var chunks: Int
            var microBatches: [Int]
        }

        struct Flips: Encodable {
            var onlyParentRight: Int
            var onlyCandidateRight: Int
            @Nullable var mcnemarP: Double?
        }

        struct Pack: Encodable {
            var id: Digest
            var topCount: Int
            var tailCount: Int
            var seed: UInt64
            var bytes: Int64
            var shareOfLogitsPercent: Double
        }

        struct Token: Encodable {
            var chunk: Int
            var position: Int
            var klNats: Double
            var context: String
            var token: String
            var parentChoice: String
            var candidateChoice: String
            var parentNats: Double
            var candidateNats: Double
        }
    }
}

extension JSONDocument.Fidelity {
    init(_ record: FidelityRecord) {
        evaluation = record.evaluation
        backend = record.backend
        artifact = record.artifact
        source = record.source
        positions = record.positions
        klStandardErrorNats = record.klStandardErrorNats
        floor = record.floor.map {
            Floor(
                klMeanNats: $0.klMeanNats, klMaxNats: $0.klMaxNats, top1AgreementPercent: $0.topAgreementPercent,
                chunks: $0.chunks, microBatches: $0.microBatches)
        }
        flips = Flips(
            onlyParentRight: record.flips.onlyParentRight, onlyCandidateRight: record.flips.onlyCandidateRight,
            mcnemarP: record.flips.mcNemarP)
        pack = record.pack.map {
            Pack(
                id: $0.id, topCount: $0.settings.topCount, tailCount: $0.settings.tailCount, seed: $0.settings.seed,
                bytes: $0.bytes, shareOfLogitsPercent: $0.shareOfLogitsPercent)
        }
        worst = record.worst.map(Token.init)
    }
}

extension JSONDocument.Fidelity.Token {
    init(_ worst: FidelityRecord.WorstToken) {
        let token = worst.token
        chunk = worst.chunk
        position = token.position
        klNats = token.klNats
        context = token.context
        self.token = token.token
        parentChoice = token.parentChoice
        candidateChoice = token.candidateChoice
        parentNats = token.parentNats
        candidateNats = token.candidateNats
    }
}
