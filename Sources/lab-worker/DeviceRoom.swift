import CLlama
import LabCore

/// How many layers of a model its devices have room for, found out by trial where a load has failed.
struct DeviceRoom {
    /// Layers that fit, the output counted as one.
    let layers: Int
    /// Layers that the model has, counted so.
    let all: Int
    /// The largest buffers that the devices give, bytes in all.
    let roomBytes: Int64
    /// Bytes of all layers.
    let wantedBytes: Int64

    /// What is left for the cache and for what is computed with, of a device's room.
    private static let shareForWeights = 0.9

    /// Nil where the file cannot be read, or has no layers.
    init?(of path: String, on devices: [ggml_backend_dev_t]) {
        guard let layers = Self.layerBytes(path), let output = layers.last else { return nil }
        let rooms = devices.map { Self.largestBuffer(on: $0, upTo: layers.reduce(0, +)) }
        roomBytes = rooms.reduce(0, +)
        wantedBytes = layers.reduce(0, +)
        all = layers.count
        // The engine takes the last layers first: the output, then the blocks from the end.
        var free = Int64(Double(roomBytes) * Self.shareForWeights) - output
        var count = free >= 0 ? 1 : 0
        for bytes in layers.dropLast().reversed() where count > 0 {
            free -= bytes
            if free < 0 { break }
            count += 1
        }
        self.layers = count
    }

    /// Bytes of each block's tensors in a GGUF file, and last of those behind the blocks.
    private static func layerBytes(_ path: String) -> [Int64]? {
        guard let file = gguf_init_from_file(path, gguf_init_params(no_alloc: true, ctx: nil)) else { return nil }
        defer { gguf_free(file) }
        var blocks: [Int: Int64] = [:]
        var output: Int64 = 0
        var embedding: Int64 = 0
        for index in 0..<gguf_get_n_tensors(file) {
            let name = String(cString: gguf_get_tensor_name(file, index))
            let bytes = Int64(gguf_get_tensor_size(file, index))
            let parts = name.split(separator: ".")
            if parts.first == "blk", parts.count > 1, let block = Int(parts[1]) {
                blocks[block, default: 0] += bytes
            } else if name.hasPrefix("output") {
                output += bytes
            } else {
                embedding += bytes
            }
        }
        guard let last = blocks.keys.max() else { return nil }
        // A model without an output matrix computes with its embedding, a copy of which goes to the device.
        return (0...last).map { blocks[$0] ?? 0 } + [max(output, embedding)]
    }

    /// Bytes of the largest buffer that a device gives now, at most `limit`, to within a hundredth of it.
    private static func largestBuffer(on device: ggml_backend_dev_t, upTo limit: Int64) -> Int64 {
        guard let type = ggml_backend_dev_buffer_type(device) else { return 0 }
        func gives(_ bytes: Int64) -> Bool {
            guard let buffer = ggml_backend_buft_alloc_buffer(type, Int(bytes)) else { return false }
            ggml_backend_buffer_free(buffer)
            return true
        }
        if gives(limit) { return limit }
        var (low, high) = (Int64(0), limit)
        while high - low > max(limit / 100, 1) {
            let middle = (low + high) / 2
            if gives(middle) { low = middle } else { high = middle }
        }
        return low
    }
}

extension WorkerProblem {
    /// A model that its devices have no memory for; nil where it is not the memory.
    static func noRoom(
        for path: String, on devices: [ggml_backend_dev_t], _ parameters: WorkerRequest.LoadParameters
    ) -> WorkerProblem? {
        guard !devices.isEmpty, let room = DeviceRoom(of: path, on: devices),
            room.layers < parameters.deviceLayers ?? room.all
        else { return nil }
        let advice =
            room.layers > 0
            ? "\(room.layers) of its \(room.all) layers would fit: --gpu-layers \(room.layers)"
            : "not one of its \(room.all) layers would fit; free memory there, or use another backend"
        return WorkerProblem(
            "\(parameters.backend) has no memory for \(path): \(ByteSize(room.wantedBytes)) of weights, and room for "
                + "\(ByteSize(room.roomBytes))",
            remedy: advice)
    }
}
