public import Foundation
public import LabCore

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

    /// A matrix read from a file.
    public init(matrix: ImportanceMatrix, source: URL, sha256: Digest) {
        self.matrix = matrix
        self.source = source
        self.sha256 = sha256
    }
}
