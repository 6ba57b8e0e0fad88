import LabCore
import ModelFormats

/// Reads each tensor once and writes it to every output.
///
/// Tensors are cut into slices of whole rows. In each round one slice is read, the one before it is encoded by all
/// threads, and the one before that is written: memory is two slices, whatever the model's size.
struct ConversionPipeline {
    /// An artifact in the making.
    struct Output {
        let plan: RecipePlan
        let writer: GGUFWriter
        /// The place of each of the checkpoint's tensors in the artifact.
        let places: [Int]

        init(plan: RecipePlan, writer: GGUFWriter) {
            self.plan = plan
            self.writer = writer
            var places = [Int](repeating: 0, count: plan.tensors.count)
            for (place, tensor) in plan.tensors.enumerated() { places[tensor.checkpointIndex] = place }
            self.places = places
        }
    }

    private struct Slice {
        let tensor: Int
        let firstRow: Int64
        let rowCount: Int64
        let rowElements: Int64
        let isLast: Bool
    }

    private let sources: [SourceTensor]
    private let outputs: [Output]
    private let threads: Int
    private let slices: [Slice]
    private let codec = BlockCodec()

    private static let sliceBytes: Int64 = 16 << 20
    /// Elements that one job encodes: their floats stay in a core's own cache.
    private static let jobElements: Int64 = 32_768

    init(checkpoint: Checkpoint, outputs: [Output], threads: Int) {
        let sources = SourceTensor.all(of: checkpoint)
        self.sources = sources
        self.outputs = outputs
        self.threads = threads
        // In the order of the first output, whose bytes can then be hashed as they pass.
        let order = outputs.first?.plan.tensors.map(\.checkpointIndex) ?? []
        slices = order.flatMap { Self.slices(of: sources[$0], index: $0) }
    }

    private static func slices(of tensor: SourceTensor, index: Int) -> [Slice] {
        let together = tensor.rowsReadTogether
        let rowsPerSlice = max(1, sliceBytes / max(1, tensor.rowBytes * together)) * together
        return stride(from: 0, to: tensor.rowCount, by: Int64.Stride(rowsPerSlice)).map { first in
            let count = min(rowsPerSlice, tensor.rowCount - first)
            return Slice(
                tensor: index, firstRow: first, rowCount: count, rowElements: tensor.rowElements,
                isLast: first + count == tensor.rowCount)
        }
    }

    func run(progress: ProgressHandler) throws {
        for type in Set(outputs.flatMap { $0.plan.tensors.map(\.type) }) { try EngineCodec.prepare(type) }
        let buffers = SliceBuffers(
            sourceBytes: slices.map(sourceBytes).max() ?? 0,
            outputBytes: outputs.map { output in slices.map { encodedBytes(of: $0, in: output) }.max() ?? 0 },
            workers: threads,
            floatsPerWorker: slices.map { Int(rowsPerJob($0) * $0.rowElements) }.max() ?? 0)
        let stage = "convert to \(outputs.map(\.plan.recipe.name).joined(separator: ", "))"
        var tensorsDone = 0
        for round in 0..<(slices.count + 2) {
            try runRound(round, buffers)
            if round >= 2, slices[round - 2].isLast {
                tensorsDone += 1
                progress(
                    ProgressUpdate(
                        stage: stage, completed: tensorsDone, total: sources.count, unit: "tensors"))
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

    private func read(_ slice: Slice, into buffer: UnsafeMutableRawBufferPointer) throws {
        try sources[slice.tensor].read(
            rows: slice.firstRow..<(slice.firstRow + slice.rowCount),
            into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<sourceBytes(slice)]))
    }

    private func write(_ slice: Slice, to index: Int, from buffer: UnsafeMutableRawBufferPointer) throws {
        let output = outputs[index]
        try output.writer.write(
            UnsafeRawBufferPointer(rebasing: buffer[..<encodedBytes(of: slice, in: output)]),
            toTensor: output.places[slice.tensor],
            at: slice.firstRow * rowBytes(of: slice, in: output))
    }

    private func encode(
        _ slice: Slice, job: Int, buffers: SliceBuffers, slot: Int, floats: UnsafeMutableBufferPointer<Float>
    ) throws {
        let tensor = sources[slice.tensor]
        let first = Int64(job) * rowsPerJob(slice)
        let rows = min(rowsPerJob(slice), slice.rowCount - first)
        let elements = Int(rows * slice.rowElements)
        let values = UnsafeMutableBufferPointer(rebasing: floats[..<elements])
        tensor.decode(
            rows: first..<(first + rows), sliceRows: slice.rowCount,
            from: UnsafeRawBufferPointer(buffers.source(slot)), codec: codec, into: values)
        if let index = codec.firstNotFinite(values) {
            let place = position(of: Int64(index), in: slice, firstRow: first)
            throw badValue(tensor, "the value at \(place) is infinite or not a number")
        }
        // Floats are stored from the source's own values, blocks from those of the BF16 parent.
        var isRounded = tensor.isBF16
        for index in outputs.indices.sorted(by: { !isBlock(slice, $0) && isBlock(slice, $1) }) {
            let type = type(of: slice, in: outputs[index])
            if type.blockElements > 1, !isRounded {
                codec.roundToBF16(values)
                isRounded = true
            }
            let rowBytes = rowBytes(of: slice, in: outputs[index])
            let place = Int(first * rowBytes)..<Int((first + rows) * rowBytes)
            let target = UnsafeMutableRawBufferPointer(rebasing: buffers.output(index, slot)[place])
            let firstBad = codec.encode(
                UnsafeBufferPointer(values), rowElements: Int(slice.rowElements), as: type, into: target)
            if let firstBad {
                let place = position(of: Int64(firstBad) * type.blockElements, in: slice, firstRow: first)
                let thing = type.blockElements == 1 ? "value" : "block"
                throw badValue(tensor, "the \(thing) at \(place) is beyond what \(type.name) can hold")
            }
        }
    }

    /// Where an element of a job is, in words.
    private func position(of element: Int64, in slice: Slice, firstRow: Int64) -> String {
        let row = sources[slice.tensor].sourceRow(of: slice.firstRow + firstRow + element / slice.rowElements)
        return "row \(row), column \(element % slice.rowElements)"
    }

    private func badValue(_ tensor: SourceTensor, _ problem: String) -> QuantizationError {
        QuantizationError(
            .badValue, "\(tensor.place): \(problem)",
            remedy: "Download the weights again; if the value is in the original, the model is broken.")
    }

    private func rowsPerJob(_ slice: Slice) -> Int64 { max(1, Self.jobElements / slice.rowElements) }

    private func sourceBytes(_ slice: Slice) -> Int { sources[slice.tensor].bytes(rows: slice.rowCount) }

    private func type(of slice: Slice, in output: Output) -> TensorType {
        output.plan.tensors[output.places[slice.tensor]].type
    }

    private func isBlock(_ slice: Slice, _ index: Int) -> Bool {
        type(of: slice, in: outputs[index]).blockElements > 1
    }

    private func rowBytes(of slice: Slice, in output: Output) -> Int64 {
        let type = type(of: slice, in: output)
        return slice.rowElements / type.blockElements * type.blockBytes
    }

    private func encodedBytes(of slice: Slice, in output: Output) -> Int {
        Int(slice.rowCount * rowBytes(of: slice, in: output))
    }
}
