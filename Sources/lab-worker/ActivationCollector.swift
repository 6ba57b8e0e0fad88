import CLlama
import LabCore

/// Sums what goes into a model's matrices while it computes: the raw material of an importance matrix.
///
/// The sums are those of llama-imatrix, in the same precision and order: for each column the squares and the values of
/// all rows, in single precision, row after row.
final class ActivationCollector {
    /// The sums of one matrix's inputs.
    fileprivate struct Sums {
        var squares: [Float]
        var values: [Float]
        var rowCount: Int64
    }

    private var sums: [String: Sums] = [:]
    /// The last matrix of a graph that is of interest; nil until a graph has been seen whole.
    private var last: String?
    private var latest: String?
    /// What made the collection impossible, found where nothing can be thrown.
    private var problem: WorkerProblem?

    /// Batches of fewer rows are no calibration text.
    private static let minimumRows = 16

    /// Makes a context report its computation to this object, which must outlive the context.
    func attach(to settings: inout llama_context_params) {
        settings.cb_eval_user_data = Unmanaged.passUnretained(self).toOpaque()
        settings.cb_eval = { tensor, isQuestion, collector in
            guard let tensor, let collector else { return false }
            let this = Unmanaged<ActivationCollector>.fromOpaque(collector).takeUnretainedValue()
            return isQuestion ? this.wants(tensor) : this.collect(tensor)
        }
    }

    // MARK: - While a graph is computed

    private func wants(_ tensor: UnsafeMutablePointer<ggml_tensor>) -> Bool {
        if tensor.pointee.op == GGML_OP_MUL_MAT_ID {
            problem = WorkerProblem("importance matrices of models with experts are not supported yet")
        }
        guard tensor.pointee.op == GGML_OP_MUL_MAT, let inputs = tensor.pointee.src.1 else { return false }
        return inputs.pointee.ne.1 >= Self.minimumRows && inputs.pointee.type == GGML_TYPE_F32
            && Self.name(of: tensor).hasPrefix("blk.")
    }

    /// Adds a matrix's inputs. False ends the graph: what follows the last matrix, the output above all, is not needed.
    private func collect(_ tensor: UnsafeMutablePointer<ggml_tensor>) -> Bool {
        guard let inputs = tensor.pointee.src.1?.pointee else { return true }
        let name = Self.name(of: tensor)
        latest = name
        let (columns, rows) = (Int(inputs.ne.0), Int(inputs.ne.1))
        guard inputs.ne.2 == 1, inputs.ne.3 == 1 else {
            problem = WorkerProblem("the inputs of \(name) have more than two dimensions")
            return false
        }
        var entry =
            sums[name]
            ?? Sums(
                squares: Array(repeating: 0, count: columns), values: Array(repeating: 0, count: columns), rowCount: 0)
        guard entry.squares.count == columns else {
            problem = WorkerProblem("\(name) has \(columns) columns, and its sums so far \(entry.squares.count)")
            return false
        }
        // Else the arrays would be copied: the dictionary shares them.
        sums[name] = nil
        if let data = inputs.data, ggml_backend_buffer_is_host(inputs.buffer) {
            entry.add(UnsafeRawPointer(data), rows: rows, stride: Int(inputs.nb.1))
        } else {
            var copy = [UInt8](repeating: 0, count: ggml_nbytes(tensor.pointee.src.1))
            ggml_backend_tensor_get(tensor.pointee.src.1, &copy, 0, copy.count)
            copy.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                entry.add(base, rows: rows, stride: Int(inputs.nb.1))
            }
        }
        sums[name] = entry
        return name != last
    }

    /// The name of the matrix that is multiplied, without the device and the number of the copy:
    /// "CUDA0#blk.0.attn_k.weight#0" is "blk.0.attn_k.weight".
    private static func name(of tensor: UnsafeMutablePointer<ggml_tensor>) -> String {
        guard let matrix = tensor.pointee.src.0 else { return "" }
        let parts = String(cString: ggml_get_name(matrix)).split(separator: "#", omittingEmptySubsequences: false)
        return String(parts.count > 1 ? parts[1] : parts[0])
    }

    // MARK: - Between graphs

    /// To be called when a window has been computed.
    ///
    /// Throws when it could not be collected, or when sums are no longer finite.
    func endWindow() throws {
        if let problem { throw problem }
        guard let latest else { throw WorkerProblem("the model multiplies no matrix of a block") }
        last = latest
        for (name, entry) in sums where !entry.squares.allSatisfy(\.isFinite) {
            throw WorkerProblem(
                "the inputs of \(name) are not finite", remedy: "the artifact is damaged; convert it again")
        }
    }

    /// The sums so far, by name.
    var collected: [CollectedSums] {
        sums.sorted { $0.key < $1.key }.map { name, entry in
            CollectedSums(name: name, rowCount: entry.rowCount, squares: entry.squares, values: entry.values)
        }
    }

    /// Continues from sums that were collected before.
    func restore(_ earlier: CollectedSums) {
        sums[earlier.name] = Sums(squares: earlier.squares, values: earlier.values, rowCount: earlier.rowCount)
    }
}

extension ActivationCollector.Sums {
    fileprivate mutating func add(_ data: UnsafeRawPointer, rows: Int, stride: Int) {
        let count = squares.count
        squares.withUnsafeMutableBufferPointer { squares in
            values.withUnsafeMutableBufferPointer { values in
                for row in 0..<rows {
                    let inputs = (data + row * stride).assumingMemoryBound(to: Float.self)
                    for column in 0..<count {
                        squares[column] += inputs[column] * inputs[column]
                        values[column] += inputs[column]
                    }
                }
            }
        }
        rowCount += Int64(rows)
    }
}

extension Context {
    /// Sends one window through the model for its collector.
    func calibrate(_ window: [llama_token], batch: Batch) throws {
        guard let collector else { throw WorkerProblem("the artifact was not loaded for calibration") }
        llama_memory_clear(llama_get_memory(handle), true)
        batch.clear()
        for (position, token) in window.enumerated() {
            // The last block computes only rows that are asked for.
            batch.append(token, position: position, sequence: 0, wantsLogits: true)
        }
        try batch.decode(in: self)
        llama_synchronize(handle)
        try collector.endWindow()
    }
}
