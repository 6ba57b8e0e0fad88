public import Foundation
public import LabCore
import ModelFormats

/// The importance matrix that an artifact is quantized with, and where it came from.
public struct Calibration: Sendable, Equatable {
    /// The sums.
    public let matrix: ImportanceMatrix
    /// The file.
    public let source: URL
    /// The digest of the file.
    public let sha256: Digest

    /// The file's name, without its folder; the artifact's metadata repeats it.
    public var file: String { source.lastPathComponent }

    /// Reads a matrix from a file.
    ///
    /// Throws ``ModelFormats/FormatError`` that names file and tensor.
    public init(contentsOf source: URL) throws {
        matrix = try ImportanceMatrix(contentsOf: source)
        self.source = source
        sha256 = try FileDigest.compute(source)
    }
}
