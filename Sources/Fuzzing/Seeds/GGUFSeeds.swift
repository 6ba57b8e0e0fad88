extension FuzzSeed {
    static let gguf = [everyValue(version: 3), everyValue(version: 2), aligned, nothing].map {
        FuzzSeed("case.gguf", .gguf, .gguf($0))
    }

    /// Every type of value, alone and in an array, and tensors of several storage types.
    private static func everyValue(version: UInt32) -> GGUFSketch {
        typealias Field = GGUFSketch.Field
        let widths: [(type: UInt32, bytes: Int)] = [
            (0, 1), (1, 1), (2, 2), (3, 2), (4, 4), (5, 4), (6, 4), (7, 1), (10, 8), (11, 8), (12, 8),
        ]
        var entries = [
            GGUFSketch.entry("general.architecture", 8, GGUFSketch.text("qwen3")),
            GGUFSketch.array("texts", of: 8, ["a", "", "é🦙"].map(GGUFSketch.text)),
        ]
        for (type, count) in widths {
            let value = Field(.value, [UInt8](repeating: UInt8(type + 1), count: count))
            entries.append(GGUFSketch.entry("v\(type)", type, [value]))
            entries.append(GGUFSketch.array("a\(type)", of: type, [[value], [value]]))
        }
        return GGUFSketch(
            version: version, entries: entries,
            tensors: [
                GGUFSketch.tensor("t0", [3], type: 0, offset: 0),
                GGUFSketch.tensor("t1", [256, 2], type: 12, offset: 32),
                GGUFSketch.tensor("t2", [32, 1, 2, 1], type: 8, offset: 320),
            ], dataBytes: 320 + 68)
    }

    private static let aligned = GGUFSketch(
        version: 3,
        entries: [GGUFSketch.entry("general.alignment", 4, [GGUFSketch.Field(.alignment, UInt32(128))])],
        tensors: [
            GGUFSketch.tensor("t0", [8, 4], type: 30, offset: 128), GGUFSketch.tensor("t1", [1], type: 24, offset: 0),
        ], alignment: 128, dataBytes: 192)

    private static let nothing = GGUFSketch(version: 3, entries: [], tensors: [], dataBytes: 0)
}
