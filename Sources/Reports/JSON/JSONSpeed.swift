import LabCore

extension JSONDocument {
    /// The shape of an entry of `throughput`.
    struct Throughput: Encodable {
        var evaluation: String
        var backend: String
        var artifact: String
        var depth: Int
        @Nullable var contextLength: Int?
        @Nullable var parallelSequences: Int?
        @Nullable var prefill: SpeedRecord?
        @Nullable var decode: SpeedRecord?
        @Nullable var firstTokenMilliseconds: SpeedRecord?
        @Nullable var latencyMilliseconds: ThroughputRecord.Latency?
        @Nullable var prefillRoofline: RooflineRecord?
        @Nullable var decodeRoofline: RooflineRecord?
        @Nullable var hostPeakBytes: Int64?
        @Nullable var deviceBytes: Int64?
        @Nullable var notRun: String?
        @Nullable var repetitions: [String: [Double]]?

        init(_ record: ThroughputRecord) {
            evaluation = record.evaluation
            backend = record.backend
            artifact = record.artifact
            depth = record.depth
            contextLength = record.contextLength
            parallelSequences = record.parallelSequences
            prefill = record.prefill
            decode = record.decode
            firstTokenMilliseconds = record.firstTokenMilliseconds
            latencyMilliseconds = record.latency
            prefillRoofline = record.prefillRoofline
            decodeRoofline = record.decodeRoofline
            hostPeakBytes = record.hostPeakBytes
            deviceBytes = record.deviceBytes
            notRun = record.notRun
            repetitions = record.repetitions
        }
    }

    /// The shape of an entry of `speed_setups`.
    struct SpeedSetup: Encodable {
        var evaluation: String
        var backend: String
        var artifact: String
        var deviceClass: String
        var prefillTokens: Int
        var decodeTokens: Int
        var warmUps: Int
        @Nullable var device: DeviceSpeed?
        var cost: ModelCost
        @Nullable var loadSeconds: Double?
        @Nullable var hostPeakBytes: Int64?
        @Nullable var hostMappedBytes: Int64?
        @Nullable var devicePeakBytes: Int64?
        var throttling: ThrottlingRecord

        init(_ record: SpeedSetupRecord) {
            evaluation = record.evaluation
            backend = record.backend
            artifact = record.artifact
            deviceClass = record.deviceClass
            prefillTokens = record.prefillTokens
            decodeTokens = record.decodeTokens
            warmUps = record.warmUps
            device = record.device
            cost = record.cost
            loadSeconds = record.loadSeconds
            hostPeakBytes = record.hostPeakBytes
            hostMappedBytes = record.hostMappedBytes
            devicePeakBytes = record.devicePeakBytes
            throttling = record.throttling
        }
    }
}
