import ModelFormats

/// The safetensors files of an MLX artifact and the place of each tensor's parts in them.
struct MLXShards: Sendable {
    /// A place in the files.
    struct Place: Sendable, Equatable {
        let shard: Int
        let index: Int
    }

    /// mlx-lm's limit of a file's tensor data.
    static let maximumBytes: Int64 = 5 << 30

    let layouts: [SafetensorsLayout]
    /// The places of a tensor's parts, in the order of ``parts(of:_:shape:)``.
    let places: [[Place]]

    /// Fills one file after the other; a part that is larger than the limit gets a file of its own.
    init(_ tensors: [MLXPlan.Tensor], maximumBytes: Int64) {
        var shards: [[SafetensorsLayout.Request]] = []
        var bytes: Int64 = 0
        places = tensors.map { tensor in
            Self.parts(of: tensor.name, tensor.storage, shape: tensor.shape).map { part in
                if shards.isEmpty || bytes + part.byteCount > maximumBytes {
                    shards.append([])
                    bytes = 0
                }
                bytes += part.byteCount
                shards[shards.count - 1].append(part)
                return Place(shard: shards.count - 1, index: shards[shards.count - 1].count - 1)
            }
        }
        layouts = shards.map { SafetensorsLayout(metadata: [("format", "mlx")], tensors: $0) }
    }

    /// The names of the files.
    var names: [String] {
        guard layouts.count > 1 else { return layouts.map { _ in SafetensorsModel.singleName } }
        func padded(_ number: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
        }
        return layouts.indices.map { "model-\(padded($0 + 1))-of-\(padded(layouts.count)).safetensors" }
    }

    /// The module of a tensor: its name without the last part.
    static func module(of name: String) -> String {
        name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    }

    /// What a tensor is stored as: codes in words of 32 bits, scales and biases, or floats.
    static func parts(of name: String, _ storage: MLXPlan.Storage, shape: [Int]) -> [SafetensorsLayout.Request] {
        guard case .affine(let type, let factors) = storage else {
            return [SafetensorsLayout.Request(name: name, scalarType: storage.scalarType, shape: shape)]
        }
        let (rows, columns) = (shape[0], shape[1])
        let module = module(of: name)
        let groups = [rows, columns / type.groupSize]
        return [
            SafetensorsLayout.Request(name: name, scalarType: .uint32, shape: [rows, columns * type.bits / 32]),
            SafetensorsLayout.Request(name: "\(module).scales", scalarType: factors, shape: groups),
            SafetensorsLayout.Request(name: "\(module).biases", scalarType: factors, shape: groups),
        ]
    }

    /// `model.safetensors.index.json`.
    func index(parameterCount: Int64) -> String {
        let files = zip(names, layouts).flatMap { name, layout in layout.tensors.map { ($0.name, name) } }
        let map = files.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
            .map { JSONMember(name: $0.0, value: .string($0.1)) }
        let totalBytes = layouts.flatMap(\.tensors).reduce(0) { $0 + $1.byteCount }
        let metadata = [
            JSONMember(name: "total_size", value: .integer(totalBytes)),
            JSONMember(name: "total_parameters", value: .integer(parameterCount)),
        ]
        return JSONValue.object([
            JSONMember(name: "metadata", value: .object(metadata)),
            JSONMember(name: "weight_map", value: .object(map)),
        ]).text(indentation: 4) + "\n"
    }
}
