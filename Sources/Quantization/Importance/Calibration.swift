public import LabCore

/// The importance matrix that an artifact is quantized with, and where it came from.
public struct Calibration: Sendable, Equatable {
    /// The sums.
    public let matrix: ImportanceMatrix
    /// The file as it was named; the artifact's metadata repeats it.
    public let file: String
    /// The digest of the file.
    public let sha256: Digest

    /// A matrix read from a file.
    public init(matrix: ImportanceMatrix, file: String, sha256: Digest) {
        self.matrix = matrix
        self.file = file
        self.sha256 = sha256
    }
}
