import LabCore
import ModelFormats

/// Reads each tensor once and writes it to every output.
///
/// Tensors are cut into slices of whole rows. In each round one slice is read, the one before it is encoded by all
/// threads, and the one before that is written: memory is two slices, whatever the model's size;
/// what must be read together, as the rows that share a scale, is one slice.
struct ConversionPipeline {
    private let sources: [SourceTensor]
    private let outputs: [any ConversionOutput]
    private let threads: Int
    private let slices: [ConversionSlice]
    /// The number of tensors that any output holds.
    private let tensorCount: Int
    private let codec = BlockCodec()

    private static let sliceBytes: Int64 = 16 << 20
    /// Elements that one job encodes: their floats stay in a core's own cache.
    private static let jobElements: Int64 = 32_768

    init(checkpoint: Checkpoint, outputs: [any ConversionOutput], threads: Int) {
        let sources = SourceTensor.all(of: checkpoint)
        self.sources = sources
        self.outputs = outputs
        self.threads = threads
        // In the order of the first output, whose bytes can then be hashed as they pass.
        var seen = Set<Int>()
        let order = outputs.flatMap(\.order).filter { seen.insert($0).inserted }
        tensorCount = order.count
        slices = order.flatMap { Self.slices(of: sources[$0], index: $0) }
    }

    private static func slices(of tensor: SourceTensor, index: Int) -> [ConversionSlice] {
        let together = tensor.rowsReadTogether
        let rowsPerSlice = max(1, sliceBytes / max(1, tensor.rowBytes * together)) * together
        return stride(from: 0, to: tensor.rowCount, by: Int64.Stride(rowsPerSlice)).map { first in
            let count = min(rowsPerSlice, tensor.rowCount - first)
            return ConversionSlice(
                tensor: index, firstRow: first, rowCount: count, rowElements: tensor.rowElements,
                isLast: first + count == tensor.rowCount)
        }
    }

    func run(progress: ProgressHandler) throws {
        let buffers = SliceBuffers(
            sourceBytes: slices.map(sourceBytes).max() ?? 0,
            outputBytes: outputs.map { output in slices.map(output.byteCount).max() ?? 0 },
            workers: threads,
            floatsPerWorker: slices.map { Int(rowsPerJob($0) * $0.rowElements) }.max() ?? 0)
        let stage = "convert to \(outputs.map(\.name).joined(separator: ", "))"
        var tensorsDone = 0
        for round in 0..<(slices.count + 2) {
            try runRound(round, buffers)
            if round >= 2, slices[round - 2].isLast {
                tensorsDone += 1
                progress(
                    ProgressUpdate(
                        stage: stage, completed: tensorsDone, total: tensorCount, unit: "tensors"))
            }
        }
    }

    /// Reading and writing come first in the queue: they take longest and keep one thread each.
    private func runRound(_ round: Int, _ buffers: SliceBuffers) throws {
        let reading = slices.indices.contains(round) ? slices[round] : nil
        let encoding = slices.indices.contains(round - 1) ? slices[round - 1] : nil
        let writing = slices.indices.contains(round - 2) ? slices[round - 2] : nil
        let readJobs = reading == nil ? 0 : 1
        let writeJobs = writing == nil ? 0 : outputs.count
        let encodeJobs = encoding.map { Int(($0.rowCount + rowsPerJob($0) - 1) / rowsPerJob($0)) } ?? 0
        try ParallelJobs.run(count: readJobs + writeJobs + encodeJobs, threads: threads) { job, worker in
            if let reading, job < readJobs {
                try read(reading, into: buffers.source(round))
            } else if let writing, job < readJobs + writeJobs {
                try write(writing, to: job - readJobs, from: buffers.output(job - readJobs, round))
            } else if let encoding {
                try encode(
                    encoding, job: job - readJobs - writeJobs, buffers: buffers, slot: round - 1,
                    floats: buffers.floats(worker))
            }
        }
    }

    private func read(_ slice: ConversionSlice, into buffer: UnsafeMutableRawBufferPointer) throws {
        try sources[slice.tensor].read(
            rows: slice.firstRow..<(slice.firstRow + slice.rowCount),
            into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<sourceBytes(slice)]))
    }

    private func write(_ slice: ConversionSlice, to index: Int, from buffer: UnsafeMutableRawBufferPointer) throws {
        let output = outputs[index]
        guard output.preparation(of: slice.tensor) != nil else { return }
        try output.write(slice, from: UnsafeRawBufferPointer(rebasing: buffer[..<output.byteCount(slice)]))
    }

    private func encode(
        _ slice: ConversionSlice, job: Int, buffers: SliceBuffers, slot: Int, floats: UnsafeMutableBufferPointer<Float>
    ) throws {
        let first = Int64(job) * rowsPerJob(slice)
        let rows = first..<min(first + rowsPerJob(slice), slice.rowCount)
        let values = UnsafeMutableBufferPointer(rebasing: floats[..<Int(Int64(rows.count) * slice.rowElements)])
        var prepared: ValuePreparation?
        for (index, output) in outputs.enumerated() {
            guard let wanted = output.preparation(of: slice.tensor).map(sources[slice.tensor].simplified) else {
                continue
            }
            // Outputs that want the same values share them; the others have them decoded again.
            if wanted != prepared {
                try prepare(values, rows, of: slice, as: wanted, from: UnsafeRawBufferPointer(buffers.source(slot)))
                prepared = wanted
            }
            let unstorable = output.encode(
                UnsafeBufferPointer(values), rows: rows, of: slice, into: buffers.output(index, slot), codec: codec)
            if let unstorable {
                let place = position(of: unstorable.index, in: slice, firstRow: first, as: wanted)
                throw badValue(slice, "the \(unstorable.thing) at \(place) is beyond what \(unstorable.type) can hold")
            }
        }
    }

    private func prepare(
        _ values: UnsafeMutableBufferPointer<Float>, _ rows: Range<Int64>, of slice: ConversionSlice,
        as preparation: ValuePreparation, from source: UnsafeRawBufferPointer
    ) throws {
        sources[slice.tensor].decode(
            rows: rows, sliceRows: slice.rowCount, interleavingHeads: preparation.interleavesHeads, from: source,
            codec: codec, into: values)
        func requireFinite(_ problem: String) throws {
            guard let index = codec.firstNotFinite(values) else { return }
            let place = position(of: Int64(index), in: slice, firstRow: rows.lowerBound, as: preparation)
            throw badValue(slice, "the value at \(place) is \(problem)")
        }
        try requireFinite("infinite or not a number")
        guard let type = preparation.rounding else { return }
        codec.round(values, to: type)
        try requireFinite("beyond what \(type.rawValue) can hold")
    }

    /// Where an element of a job is, in words.
    private func position(
        of element: Int64, in slice: ConversionSlice, firstRow: Int64, as preparation: ValuePreparation
    ) -> String {
        let row = slice.firstRow + firstRow + element / slice.rowElements
        let sourceRow = preparation.interleavesHeads ? sources[slice.tensor].sourceRow(of: row) : row
        return "row \(sourceRow), column \(element % slice.rowElements)"
    }

    private func badValue(_ slice: ConversionSlice, _ problem: String) -> QuantizationError {
        QuantizationError(
            .badValue, "\(sources[slice.tensor].place): \(problem)",
            remedy: "Download the weights again; if the value is in the original, the model is broken.")
    }

    private func rowsPerJob(_ slice: ConversionSlice) -> Int64 { max(1, Self.jobElements / slice.rowElements) }

    private func sourceBytes(_ slice: ConversionSlice) -> Int { sources[slice.tensor].bytes(rows: slice.rowCount) }
}
