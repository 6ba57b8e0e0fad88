public import Foundation
import ModelFormats

/// llama.cpp's files of importance matrices: GGUF, and the older `.dat`.
extension ImportanceMatrix {
    private static let (squares, values, counts) = (".in_sum2", ".in_sum", ".counts")
    private static let remedy = "Name a file that llama-imatrix or this lab wrote."

    /// Reads a file of either format.
    ///
    /// Throws ``ModelFormats/FormatError`` that names file and tensor.
    public init(contentsOf url: URL) throws {
        let file = try RandomAccessFile(url)
        let magic = file.sizeBytes >= 4 ? try file.read(at: 0, count: 4) : []
        self = magic == Array("GGUF".utf8) ? try Self(gguf: url) : try Self(legacy: file)
        for (name, entry) in entries where !entry.squares.allSatisfy({ $0.isFinite && $0 >= 0 }) {
            throw FormatError(
                .malformed, file: url.path, subject: "tensor '\(name)'", "holds sums that are no sums of squares",
                remedy: Self.remedy)
        }
    }

    // MARK: - GGUF

    private init(gguf url: URL) throws {
        let reader = try GGUFReader(url)
        func failure(_ subject: String?, _ problem: String) -> FormatError {
            FormatError(.malformed, file: url.path, subject: subject, problem, remedy: Self.remedy)
        }
        guard case .array(.string(let datasets)) = reader.metadata["imatrix.datasets"],
            case .uint32(let chunkCount) = reader.metadata["imatrix.chunk_count"],
            case .uint32(let chunkTokens) = reader.metadata["imatrix.chunk_size"]
        else {
            throw failure(
                nil, "is no importance matrix: imatrix.datasets, imatrix.chunk_count or imatrix.chunk_size is missing")
        }
        func floats(_ name: String) throws -> [Float]? {
            guard let tensor = reader.tensor(name) else { return nil }
            guard tensor.type == .f32 else { throw failure("tensor '\(name)'", "is \(tensor.type.name), not F32") }
            return Self.floats(try reader.data(of: tensor))
        }
        var entries: [String: Entry] = [:]
        for tensor in reader.tensors where tensor.name.hasSuffix(Self.squares) {
            let name = String(tensor.name.dropLast(Self.squares.count))
            guard let sums = try floats(tensor.name), let counted = try floats(name + Self.counts) else {
                throw failure("tensor '\(name)'", "has no counts")
            }
            guard !counted.isEmpty, sums.count.isMultiple(of: counted.count), !sums.isEmpty,
                counted.allSatisfy({ $0 >= 0 && $0 < 0x1p62 })
            else { throw failure("tensor '\(name)'", "has \(sums.count) sums and \(counted.count) counts") }
            let values = try floats(name + Self.values)
            guard values == nil || values?.count == sums.count else {
                throw failure("tensor '\(name)'", "has \(sums.count) sums of squares and \(values?.count ?? 0) sums")
            }
            entries[name] = Entry(squares: sums, values: values, counts: counted.map { Int64($0.rounded()) })
        }
        guard !entries.isEmpty else { throw failure(nil, "holds no sums") }
        self.init(
            entries: entries, datasets: datasets, chunkCount: Int(chunkCount),
            chunkTokens: chunkTokens > 0 ? Int(chunkTokens) : nil)
    }

    /// Writes a GGUF file that llama.cpp's tools read.
    ///
    /// What llama-imatrix writes beside, statistics that it computes from the sums, is left out.
    public func write(to url: URL) throws {
        let matrix = scaled(toChunksOf: chunkTokens ?? Self.usualChunkTokens)
        var metadata = GGUFMetadata()
        metadata["general.type"] = .string("imatrix")
        metadata["imatrix.datasets"] = .array(.string(datasets))
        metadata["imatrix.chunk_count"] = .uint32(UInt32(clamping: chunkCount))
        metadata["imatrix.chunk_size"] = .uint32(UInt32(clamping: matrix.chunkTokens ?? Self.usualChunkTokens))
        var requests: [GGUFLayout.Request] = []
        var contents: [[Float]] = []
        for (name, entry) in matrix.entries.sorted(by: { $0.key < $1.key }) {
            let matrices = Int64(entry.counts.count)
            let columns = Int64(entry.squares.count) / matrices
            func append(_ suffix: String, _ floats: [Float], columns: Int64) {
                requests.append(
                    GGUFLayout.Request(
                        name: name + suffix, type: .f32, dimensions: matrices == 1 ? [columns] : [columns, matrices]))
                contents.append(floats)
            }
            append(Self.squares, entry.squares, columns: columns)
            append(Self.counts, entry.counts.map(Float.init), columns: 1)
            if let values = entry.values { append(Self.values, values, columns: columns) }
        }
        let writer = try GGUFWriter(url, layout: try GGUFLayout(metadata: metadata, tensors: requests))
        defer { writer.discard() }
        for (index, floats) in contents.enumerated() {
            try floats.map(\.bitPattern.littleEndian).withUnsafeBytes { try writer.write($0, toTensor: index, at: 0) }
        }
        _ = try writer.seal()
        try writer.commit()
    }

    private static func floats(_ bytes: [UInt8]) -> [Float] {
        bytes.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count - 3, by: 4).map {
                Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
            }
        }
    }

    // MARK: - .dat

    /// The number of tensors; for each the length and bytes of its name, the number of windows, the number of sums and
    /// the sums, divided by the tokens of a window; then, where it is there, windows in all and the text's name. All
    /// numbers have 32 bits.
    private init(legacy file: RandomAccessFile) throws {
        var position: Int64 = 0
        func failure(_ subject: String? = nil, _ problem: String) -> FormatError {
            FormatError(.malformed, file: file.path, subject: subject, problem, remedy: Self.remedy)
        }
        func bytes(_ count: Int) throws -> [UInt8] {
            guard count >= 0, Int64(count) <= file.sizeBytes - position else {
                throw failure(nil, "is no importance matrix: it ends inside an entry")
            }
            defer { position += Int64(count) }
            return try file.read(at: position, count: count)
        }
        func integer() throws -> Int { Int(try bytes(4).reversed().reduce(Int32(0)) { $0 << 8 | Int32($1) }) }
        let entryCount = try integer()
        // An entry has at least its three numbers.
        guard entryCount > 0, Int64(entryCount) * 12 <= file.sizeBytes else {
            throw failure(nil, "is no importance matrix: it is no GGUF file and claims \(entryCount) entries")
        }
        var entries: [String: Entry] = [:]
        for _ in 0..<entryCount {
            let name = String(decoding: try bytes(try integer()), as: UTF8.self)
            let windows = try integer()
            let count = try integer()
            guard count > 0, count <= Int.max / 4, windows >= 0, entries[name] == nil else {
                throw failure("tensor '\(name)'", "claims \(count) sums of \(windows) windows, or occurs twice")
            }
            // Where no window was counted, the sums are means already.
            entries[name] = Entry(
                squares: Self.floats(try bytes(4 * count)), values: nil, counts: [Int64(max(1, windows))])
        }
        let hasMore = position < file.sizeBytes
        let chunkCount = hasMore ? try integer() : entries.values.compactMap(\.counts.first).max().map(Int.init) ?? 0
        let datasets =
            position < file.sizeBytes ? [String(decoding: try bytes(try integer()), as: UTF8.self)] : []
        self.init(
            entries: entries, datasets: datasets.filter { !$0.isEmpty }, chunkCount: max(0, chunkCount),
            chunkTokens: nil)
    }
}
