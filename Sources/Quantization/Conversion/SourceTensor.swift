import ModelFormats

/// A tensor of an artifact as its rows are read and decoded.
struct SourceTensor {
    private enum Content {
        case stored(Checkpoint.Tensor)
        case constant(Checkpoint.Constant)
    }

    private let content: Content
    /// The elements of a row.
    let rowElements: Int64
    /// The number of rows.
    let rowCount: Int64
    /// Rows that are read together: a slice starts at a multiple of it.
    let rowsReadTogether: Int64
    private let interleavedRows: Int64?

    init(_ tensor: Checkpoint.Tensor) {
        content = .stored(tensor)
        let source = tensor.source.tensor
        // The order of a vector's elements changes as that of rows does.
        let isVector = source.shape.count < 2
        interleavedRows = tensor.model.interleavedHeadRows.map(Int64.init)
        rowElements = isVector && interleavedRows != nil ? 1 : Int64(source.shape.last ?? 1)
        rowCount = rowElements == 0 ? 0 : source.elementCount / rowElements
        rowsReadTogether = Self.leastCommonMultiple(
            interleavedRows ?? 1, Int64(tensor.scales?.block.rows ?? 1), limit: rowCount)
    }

    init(_ constant: Checkpoint.Constant) {
        content = .constant(constant)
        rowElements = Int64(constant.values.count)
        rowCount = 1
        rowsReadTogether = 1
        interleavedRows = nil
    }

    /// The tensors of an artifact: those of the checkpoint, then the constants.
    static func all(of checkpoint: Checkpoint) -> [SourceTensor] {
        checkpoint.tensors.map(SourceTensor.init) + checkpoint.constants.map(SourceTensor.init)
    }

    /// Rows past the last one do not matter, so no multiple needs to exceed it.
    private static func leastCommonMultiple(_ one: Int64, _ other: Int64, limit: Int64) -> Int64 {
        var multiple = one
        while multiple % other != 0, multiple < limit { multiple += one }
        return multiple
    }

    private var elementBytes: Int64 {
        switch content {
        case .stored(let tensor): tensor.source.tensor.scalarType.bytesPerElement
        case .constant: Int64(MemoryLayout<Float>.size)
        }
    }

    /// A preparation without the steps that change nothing here.
    func simplified(_ preparation: ValuePreparation) -> ValuePreparation {
        var rounding = preparation.rounding == .float32 ? nil : preparation.rounding
        if case .stored(let tensor) = content, tensor.source.tensor.scalarType == rounding { rounding = nil }
        return ValuePreparation(
            rounding: rounding, interleavesHeads: preparation.interleavesHeads && interleavedRows != nil)
    }

    /// Bytes of one row, without scales.
    var rowBytes: Int64 { rowElements * elementBytes }

    /// File and tensor, for messages.
    var place: String {
        switch content {
        case .stored(let tensor): "\(tensor.source.file.url.path): tensor '\(tensor.model.sourceName)'"
        case .constant(let constant): "tensor '\(constant.model.name)'"
        }
    }
}

// MARK: - Reading

extension SourceTensor {
    /// Room for some rows and the scales of their blocks.
    func bytes(rows: Int64) -> Int {
        let weights = Int(rows * rowBytes)
        guard case .stored(let tensor) = content, let scales = tensor.scales else { return weights }
        return Self.aligned(weights) + Int(Self.scaleRows(0..<rows, scales) * Self.scaleRowBytes(scales))
    }

    /// Scales stand behind the weights, where any scalar type may start.
    private static func aligned(_ bytes: Int) -> Int { (bytes + 7) / 8 * 8 }

    private static func scaleRowBytes(_ scales: Checkpoint.Scales) -> Int64 {
        Int64(scales.columns) * scales.source.tensor.scalarType.bytesPerElement
    }

    /// The rows of scales of some rows that start at a block.
    private static func scaleRows(_ rows: Range<Int64>, _ scales: Checkpoint.Scales) -> Int64 {
        (Int64(rows.count) + Int64(scales.block.rows) - 1) / Int64(scales.block.rows)
    }

    /// Reads rows, the first of them a multiple of ``rowsReadTogether``.
    func read(rows: Range<Int64>, into buffer: UnsafeMutableRawBufferPointer) throws {
        let count = Int(Int64(rows.count) * rowBytes)
        let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        switch content {
        case .constant(let constant): constant.values.withUnsafeBytes { target.copyMemory(from: $0) }
        case .stored(let tensor):
            try tensor.source.file.read(tensor.source.tensor, from: rows.lowerBound * rowBytes, into: target)
            guard let scales = tensor.scales else { return }
            let bytes = Self.scaleRowBytes(scales)
            let first = rows.lowerBound / Int64(scales.block.rows)
            let start = Self.aligned(count)
            try scales.source.file.read(
                scales.source.tensor, from: first * bytes,
                into: UnsafeMutableRawBufferPointer(
                    rebasing: buffer[start..<(start + Int(Self.scaleRows(rows, scales) * bytes))]))
        }
    }
}

// MARK: - Decoding

extension SourceTensor {
    /// The row of the checkpoint that becomes a row of the artifact.
    func sourceRow(of row: Int64) -> Int64 {
        guard let height = interleavedRows else { return row }
        let (head, index) = row.quotientAndRemainder(dividingBy: height)
        return head * height + index % 2 * (height / 2) + index / 2
    }

    /// Decodes rows of the artifact from a slice that was read: `rows` counts from the slice's first row, and the
    /// slice has `sliceRows` of them. Without `interleavingHeads` they come in the checkpoint's order.
    func decode(
        rows: Range<Int64>, sliceRows: Int64, interleavingHeads: Bool, from slice: UnsafeRawBufferPointer,
        codec: BlockCodec, into floats: UnsafeMutableBufferPointer<Float>
    ) {
        guard interleavingHeads || hasScales else {
            return decode(row: rows.lowerBound, count: rows.count, from: slice, codec: codec, into: floats)
        }
        for (index, row) in rows.enumerated() {
            let source = interleavingHeads ? sourceRow(of: row) : row
            let start = index * Int(rowElements)
            let target = UnsafeMutableBufferPointer(rebasing: floats[start..<(start + Int(rowElements))])
            decode(row: source, count: 1, from: slice, codec: codec, into: target)
            scale(target, row: source, sliceRows: sliceRows, slice: slice, codec: codec)
        }
    }

    private var hasScales: Bool {
        guard case .stored(let tensor) = content else { return false }
        return tensor.scales != nil
    }

    private func decode(
        row: Int64, count: Int, from slice: UnsafeRawBufferPointer, codec: BlockCodec,
        into floats: UnsafeMutableBufferPointer<Float>
    ) {
        let bytes = UnsafeRawBufferPointer(rebasing: slice[Int(row * rowBytes)..<Int((row + Int64(count)) * rowBytes)])
        switch content {
        case .stored(let tensor): codec.decode(bytes, as: tensor.source.tensor.scalarType, into: floats)
        case .constant: codec.decode(bytes, as: .float32, into: floats)
        }
    }

    private func scale(
        _ values: UnsafeMutableBufferPointer<Float>, row: Int64, sliceRows: Int64, slice: UnsafeRawBufferPointer,
        codec: BlockCodec
    ) {
        guard case .stored(let tensor) = content, let scales = tensor.scales else { return }
        let bytes = Int(Self.scaleRowBytes(scales))
        let start = Self.aligned(Int(sliceRows * rowBytes)) + Int(row / Int64(scales.block.rows)) * bytes
        let factors = codec.decoded(
            UnsafeRawBufferPointer(rebasing: slice[start..<(start + bytes)]), as: scales.source.tensor.scalarType)
        for (block, factor) in factors.enumerated() {
            let first = block * scales.block.columns
            for index in first..<min(values.count, first + scales.block.columns) { values[index] *= factor }
        }
    }
}
