import CLlama
import LabCore

/// Measures what a device can do through the engine's own operations, so that one way serves all devices.
///
/// Bandwidth: a matrix of F32 as large as what the model reads for a token, multiplied with one vector again and again,
/// which reads it once each time. Matrix products: a square matrix in the artifact's main storage type, in each of the
/// places where the engine could keep it, repacked ones included, times 512 vectors: as many as the engine computes at a
/// time. The best of several passes counts, since a peak is asked for.
struct DeviceProbe {
    private let parameters: WorkerRequest.ProbeParameters
    private let device: ggml_backend_dev_t
    private let backend: ProbeBackend
    private var isCPU: Bool { ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_CPU }

    /// Columns of the matrix that is read.
    private static let rowElements = 4096
    /// Vectors of the matrix product.
    private static let columns = 512
    /// Passes of each measurement, and the least seconds they take together.
    private static let passes = 5
    private static let leastSeconds = 0.3
    /// A pass reads so much, or the reading would be lost in what a call costs: a device that reads terabytes a second
    /// has 64 MB in the time that it takes to be called.
    private var passBytes: Int { isCPU ? 64 << 20 : 4 << 30 }

    init(_ parameters: WorkerRequest.ProbeParameters, engine: Engine) throws {
        try engine.connect(parameters.backend)
        guard let device = engine.devices(of: parameters.backend).first else {
            throw WorkerProblem("\(parameters.backend) has no device to measure")
        }
        guard parameters.workingSetBytes > 0, parameters.threads > 0 else {
            throw WorkerProblem("a probe needs threads and bytes to read")
        }
        self.parameters = parameters
        self.device = device
        backend = try ProbeBackend(device, threads: parameters.threads)
    }

    func measure() throws -> DeviceSpeed {
        let rowBytes: Int = MemoryLayout<Float>.size * Self.rowElements
        let rows = (Int(parameters.workingSetBytes) + rowBytes - 1) / rowBytes
        let setBytes: Int = rowBytes * rows
        let reads: Int = max(1, min(256, passBytes / setBytes))
        let reading = try Multiplication(
            type: GGML_TYPE_F32, inner: Self.rowElements, rows: rows, columns: 1, count: reads, backend: backend,
            place: backend.buffers)
        guard let reading, let seconds = try reading.bestSeconds(Self.passes, Self.leastSeconds) else {
            throw WorkerProblem("the device cannot multiply a matrix of F32")
        }
        let product = try bestProduct()
        return DeviceSpeed(
            name: String(cString: ggml_backend_dev_description(device)),
            bytesPerSecond: Double(reads * setBytes) / seconds, workingSetBytes: Int64(setBytes),
            operationsPerSecond: product.operationsPerSecond,
            matrixType: String(cString: ggml_type_name(product.type)).uppercased(), bufferType: product.place)
    }

    private struct Product {
        var operationsPerSecond: Double
        var type: ggml_type
        var place: String
    }

    /// The best over the places where weights of the type may be kept; F16 where the device multiplies none of the type.
    private func bestProduct() throws -> Product {
        let named = (0..<GGML_TYPE_COUNT.rawValue).map { ggml_type($0) }.first { type in
            guard let name = ggml_type_name(type) else { return false }
            return String(cString: name).uppercased() == parameters.matrixType.uppercased()
        }
        let side = isCPU ? 2048 : 4096
        for type in [named, GGML_TYPE_F16, GGML_TYPE_F32].compactMap({ $0 }) {
            var best: Product?
            for place in backend.places {
                let count = isCPU ? 1 : 16
                guard
                    let product = try Multiplication(
                        type: type, inner: side, rows: side, columns: Self.columns, count: count, backend: backend,
                        place: place),
                    let seconds = try product.bestSeconds(Self.passes, Self.leastSeconds)
                else { continue }
                let rate = 2 * Double(side) * Double(side) * Double(Self.columns) * Double(count) / seconds
                if rate > best?.operationsPerSecond ?? 0 {
                    best = Product(
                        operationsPerSecond: rate, type: type, place: String(cString: ggml_backend_buft_name(place)))
                }
            }
            if let best { return best }
        }
        throw WorkerProblem("the device cannot multiply matrices")
    }
}

/// Owns a backend on a device; its only job is to release it.
private final class ProbeBackend {
    let handle: ggml_backend_t
    let device: ggml_backend_dev_t
    /// Where its tensors are kept by default.
    let buffers: ggml_backend_buffer_type_t

    init(_ device: ggml_backend_dev_t, threads: Int) throws {
        guard let handle = ggml_backend_dev_init(device, nil),
            let buffers = ggml_backend_get_default_buffer_type(handle)
        else { throw WorkerProblem("the device \(String(cString: ggml_backend_dev_name(device))) cannot be used") }
        self.handle = handle
        self.device = device
        self.buffers = buffers
        // Only backends that compute with threads have it.
        if let address = Self.address("ggml_backend_set_n_threads", of: device) {
            unsafeBitCast(address, to: (@convention(c) (ggml_backend_t?, Int32) -> Void).self)(handle, Int32(threads))
        }
    }

    deinit { ggml_backend_free(handle) }

    /// Where the engine may keep weights: by default, and in forms of their own that the device's products want.
    var places: [ggml_backend_buffer_type_t] {
        typealias Extras =
            @convention(c) (ggml_backend_dev_t?) -> UnsafeMutablePointer<ggml_backend_buffer_type_t?>?
        var places = [buffers]
        if let address = Self.address("ggml_backend_dev_get_extra_bufts", of: device),
            var next = unsafeBitCast(address, to: Extras.self)(device)
        {
            while let place = next.pointee {
                places.append(place)
                next += 1
            }
        }
        return places
    }

    private static func address(_ name: String, of device: ggml_backend_dev_t) -> UnsafeMutableRawPointer? {
        ggml_backend_dev_backend_reg(device).flatMap { ggml_backend_reg_get_proc_address($0, name) }
    }
}

/// Owns a graph of equal matrix products and its tensors; its only job besides is to compute it.
private final class Multiplication {
    private let backend: ProbeBackend
    private let weightContext: OpaquePointer
    private let context: OpaquePointer
    private var weightBuffer: ggml_backend_buffer_t?
    private var buffer: ggml_backend_buffer_t?
    private let graph: OpaquePointer

    /// Nil where the device cannot do it, or has no room for it.
    ///
    /// - Parameters:
    ///   - inner: elements of a row and of a vector.
    ///   - rows: rows of the matrix.
    ///   - columns: vectors.
    ///   - count: products in one computation.
    ///   - place: where the matrix is kept.
    init?(
        type: ggml_type, inner: Int, rows: Int, columns: Int, count: Int, backend: ProbeBackend,
        place: ggml_backend_buffer_type_t
    ) throws {
        func make(_ tensors: Int, graphs: Bool) -> OpaquePointer? {
            let bytes = ggml_tensor_overhead() * tensors + (graphs ? ggml_graph_overhead_custom(tensors, false) : 0)
            return ggml_init(ggml_init_params(mem_size: bytes, mem_buffer: nil, no_alloc: true))
        }
        guard let weightContext = make(1, graphs: false), let context = make(2 * count + 4, graphs: true) else {
            throw WorkerProblem("no memory for a graph")
        }
        self.backend = backend
        self.weightContext = weightContext
        self.context = context
        guard let weights = ggml_new_tensor_2d(weightContext, type, Int64(inner), Int64(rows)),
            let vectors = ggml_new_tensor_2d(context, GGML_TYPE_F32, Int64(inner), Int64(columns)),
            let graph = ggml_new_graph_custom(context, 2 * count + 4, false)
        else { throw WorkerProblem("no memory for a graph") }
        self.graph = graph
        weightBuffer = ggml_backend_alloc_ctx_tensors_from_buft(weightContext, place)
        guard let weightBuffer else { return nil }
        ggml_backend_buffer_set_usage(weightBuffer, GGML_BACKEND_BUFFER_USAGE_WEIGHTS)
        for _ in 0..<count {
            let product = ggml_mul_mat(context, weights, vectors)
            guard ggml_backend_dev_supports_op(backend.device, product) else { return nil }
            ggml_build_forward_expand(graph, product)
        }
        buffer = ggml_backend_alloc_ctx_tensors_from_buft(context, backend.buffers)
        guard buffer != nil else { return nil }
        Self.fill(weights, type: type, inner: inner, rows: rows)
        Self.fill(vectors, type: GGML_TYPE_F32, inner: inner, rows: columns)
    }

    deinit {
        // Before the backend, which this object keeps.
        ggml_backend_buffer_free(buffer)
        ggml_backend_buffer_free(weightBuffer)
        ggml_free(context)
        ggml_free(weightContext)
    }

    /// The seconds of the fastest of several computations after one that does not count; nil where the device refuses.
    func bestSeconds(_ passes: Int, _ leastSeconds: Double) throws -> Double? {
        guard ggml_backend_graph_compute(backend.handle, graph) == GGML_STATUS_SUCCESS else { return nil }
        var best = Double.infinity
        var total = 0.0
        var done = 0
        while done < passes || total < leastSeconds {
            let start = ContinuousClock.now
            guard ggml_backend_graph_compute(backend.handle, graph) == GGML_STATUS_SUCCESS else { return nil }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            best = min(best, seconds)
            total += seconds
            done += 1
        }
        return best
    }

    /// Random values between -1 and 1: what a device does with zeros may be cheaper. A few rows come again and again.
    private static func fill(_ tensor: UnsafeMutablePointer<ggml_tensor>, type: ggml_type, inner: Int, rows: Int) {
        let distinct = min(rows, 64)
        var generator = SplitMix64(state: 1)
        let values = (0..<distinct * inner).map { _ in Float(Int32(truncatingIfNeeded: generator.next())) / 0x1p31 }
        let rowBytes = ggml_row_size(type, Int64(inner))
        var some = [UInt8](repeating: 0, count: distinct * rowBytes)
        // Types of one and two bits want to know what matters; here nothing does more.
        let importance = [Float](repeating: 1, count: inner)
        some.withUnsafeMutableBytes { bytes in
            _ = ggml_quantize_chunk(
                type, values, bytes.baseAddress, 0, Int64(distinct), Int64(inner),
                ggml_quantize_requires_imatrix(type) ? importance : nil)
        }
        // Whole, since a place that keeps weights in a form of its own takes them whole.
        var all = [UInt8]()
        all.reserveCapacity(rows * rowBytes)
        while all.count < rows * rowBytes { all += some.prefix(rows * rowBytes - all.count) }
        ggml_backend_tensor_set(tensor, all, 0, all.count)
    }
}
