/// A sound file from which damaged ones are made.
struct FuzzSeed: Sendable {
    /// The name within a case's folder.
    let name: String
    /// What reads it.
    let reader: FuzzedReader
    /// The content.
    let content: DamagedContent
    /// Sound files that the reader wants beside it.
    let companions: [(name: String, bytes: [UInt8])]
    /// The content's bytes.
    let bytes: [UInt8]

    init(
        _ name: String, _ reader: FuzzedReader, _ content: DamagedContent,
        companions: [(name: String, bytes: [UInt8])] = []
    ) {
        self.name = name
        self.reader = reader
        self.content = content
        self.companions = companions
        bytes = content.bytes
    }

    /// All of them.
    static let all = safetensors + gguf + json + folder(shards, .shards) + folder(checkpoint, .checkpoint)

    /// The size of all.
    static let allBytes = all.reduce(0) { $0 + $1.bytes.count }

    private static let json = [
        FuzzSeed(
            "case.json", .json,
            .json(
                JSONNode(
                    parsing: #"""
                        {"null":null,"truth":[true,false],"numbers":[0,-1,9223372036854775807,0.5,-1.5e-3,1e22],
                        "texts":["","plain","\"\\\/\b\f\n\r\t","Aé🦙","\u00e9\ud83e\udd99"],
                        "deep":[[[[{"a":{"b":[{}]}}]]]],"empty":{},"none":[]}
                        """#)))
    ]

    /// One seed for each file of a folder, with the others beside it.
    private static func folder(_ files: [(String, DamagedContent)], _ reader: FuzzedReader) -> [FuzzSeed] {
        files.map { name, content in
            FuzzSeed(name, reader, content, companions: files.filter { $0.0 != name }.map { ($0.0, $0.1.bytes) })
        }
    }
}
