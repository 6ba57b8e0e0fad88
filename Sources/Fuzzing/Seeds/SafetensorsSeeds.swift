import ModelFormats

extension FuzzSeed {
    static let safetensors = [everyType, emptyShapes, nothing].map {
        FuzzSeed("case.safetensors", .safetensors, .safetensors($0))
    }

    /// A safetensors file of these tensors, one after the other.
    static func sketch(_ tensors: [(name: String, type: ScalarType, shape: [Int])]) -> SafetensorsSketch {
        var entries = [#""__metadata__":{"format":"pt"}"#]
        var end = 0
        for (name, type, shape) in tensors {
            let begin = end
            end += shape.reduce(Int(type.bytesPerElement), *)
            entries.append(
                #""\#(name)":{"dtype":"\#(type.rawValue)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#)
        }
        return SafetensorsSketch(
            header: JSONNode(parsing: "{\(entries.joined(separator: ","))}"),
            data: (0..<end).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) })
    }

    private static let everyType = sketch(
        ScalarType.allCases.enumerated().map { ("t\($0)", $1, $0 % 2 == 0 ? [2, 3] : [5]) })

    private static let emptyShapes = sketch([
        ("scalar", .float32, []), ("none", .float16, [0]), ("no rows", .bfloat16, [0, 7]), ("cube", .int8, [2, 1, 3]),
        ("é🦙", .uint8, [4]),
    ])

    private static let nothing = SafetensorsSketch(
        header: JSONNode(parsing: "{}"), data: [], padding: Array("      ".utf8))

    static let shards: [(String, DamagedContent)] = [
        (
            "model.safetensors.index.json",
            .json(
                JSONNode(
                    parsing: #"""
                        {"metadata":{"total_size":34},"weight_map":{"a":"model-1.safetensors","b":"model-1.safetensors",
                        "c":"model-2.safetensors","d":"model-2.safetensors"}}
                        """#))
        ),
        ("model-1.safetensors", .safetensors(sketch([("a", .float32, [2, 2]), ("b", .bfloat16, [3])]))),
        ("model-2.safetensors", .safetensors(sketch([("c", .float16, [4]), ("d", .uint8, [2, 2])]))),
    ]
}
