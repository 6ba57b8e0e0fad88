public import Foundation
public import LabCore

/// Runs cases in worker processes and tells which one a worker did not survive.
public struct FuzzRun: Sendable {
    /// A case in which a reader did what it must not.
    public struct Failure: Sendable {
        /// What it did.
        public enum Kind: String, Sendable {
            /// The process ended by a signal, or with a status of its own.
            case crash
            /// It took too long.
            case hang
            /// It wanted more memory than the file justifies.
            case hoard
            /// It said what is not so.
            case lie
        }

        /// The number of the case.
        public let number: Int
        /// What the reader did.
        public let kind: Kind
        /// The reader's last words.
        public let message: String
        /// The folder with the case's files.
        public let folder: URL
    }

    /// What a run found.
    public struct Summary: Sendable {
        /// Cases that were run.
        public var cases = 0
        /// Cases that the reader accepted.
        public var accepted = 0
        /// Cases that the reader refused.
        public var refused = 0
        /// The most bytes that any case held at once.
        public var mostHeldBytes = 0
        /// The largest part of its limit that any case held, from 0 to 1.
        public var mostHeldOfLimit = 0.0
        /// Cases that failed.
        public var failures: [Failure] = []

        /// Nothing yet.
        public init() {}
    }

    /// The seed. Default: 1.
    public var seed: UInt64 = 1
    /// The numbers of the cases.
    public var cases: Range<Int>
    /// The program that is the worker.
    public var worker: URL
    /// Where the files of failed cases are kept.
    public var keep: URL
    /// Time without a word from the worker after which it hangs. Default: a minute, since a busy machine is no failure;
    /// a case that computes is ended by its processor time.
    public var silence: Duration = .seconds(60)
    /// A bad reader in place of the real ones, on the last of the cases. Default: none.
    public var misbehaviour: Misbehaviour?
    /// Failures after which the run ends. Default: 10.
    public var maximumFailures = 10

    /// A run with everything else at its default.
    public init(cases: Range<Int>, worker: URL, keep: URL) {
        self.cases = cases
        self.worker = worker
        self.keep = keep
    }

    /// Runs the cases.
    ///
    /// Throws ``FuzzError`` when a worker cannot be started or its files cannot be written.
    public func run(progress: ProgressHandler = { _ in }) throws -> Summary {
        let scratch = Self.scratchParent.appendingPathComponent("lab-fuzz-\(UUID().uuidString)")
        try FuzzError.naming(scratch) {
            try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        }
        defer { try? FileManager.default.removeItem(at: scratch) }
        var summary = Summary()
        var next = cases.lowerBound
        while next < cases.upperBound, summary.failures.count < maximumFailures {
            let process = try WorkerProcess(self, from: next, scratch: scratch)
            while let line = try process.nextLine() {
                guard let report = Report(line), report.number == next else {
                    throw FuzzError("the worker said '\(line)' where case \(next) was due")
                }
                next += 1
                summary.count(report)
                if report.answer == nil { try fail(report.number, .lie, report.message, into: &summary) }
                if next % 100 == 0 || next == cases.upperBound { tell(next, summary, progress) }
                if summary.failures.count == maximumFailures { return summary }
            }
            let end = try process.end()
            if next == cases.upperBound {
                if let end { throw FuzzError("the worker failed after its last case: \(end.message)") }
                break
            }
            summary.cases += 1
            try fail(next, end?.kind ?? .crash, end?.message ?? "the worker ended as if it were done", into: &summary)
            next += 1
            tell(next, summary, progress)
        }
        return summary
    }

    /// In memory where the system has a place for that: a disk takes four times as long.
    private static var scratchParent: URL {
        let memory = "/dev/shm"
        let isThere = FileManager.default.isWritableFile(atPath: memory)
        return isThere ? URL(fileURLWithPath: memory, isDirectory: true) : FileManager.default.temporaryDirectory
    }

    private func tell(_ next: Int, _ summary: Summary, _ progress: ProgressHandler) {
        let count = summary.failures.count
        progress(
            ProgressUpdate(
                stage: "damaged files", completed: next - cases.lowerBound, total: cases.count, unit: "cases",
                note: count == 0 ? nil : "\(count) failed"))
    }

    private func fail(_ number: Int, _ kind: Failure.Kind, _ message: String, into summary: inout Summary) throws {
        let folder = keep.appendingPathComponent("\(seed)-\(number)")
        let files = FuzzCase(seed: seed, number: number)
        try FuzzError.naming(folder) {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try files.write(to: folder)
        }
        summary.failures.append(
            Failure(number: number, kind: kind, message: "\(message) (\(files.damage))", folder: folder))
    }

    /// A line of a worker.
    struct Report {
        let number: Int
        let heldBytes: Int
        let limitBytes: Int
        /// Nil when the reader lied; `message` says how.
        let answer: FuzzedReader.Answer?
        let message: String

        init?(_ line: String) {
            let parts = line.split(separator: " ", maxSplits: 3).map(String.init)
            guard parts.count == 4, let number = Int(parts[0]), let heldBytes = Int(parts[1]),
                let limitBytes = Int(parts[2]), limitBytes > 0
            else { return nil }
            self.number = number
            self.heldBytes = heldBytes
            self.limitBytes = limitBytes
            answer = FuzzedReader.Answer(rawValue: parts[3])
            message = parts[3].hasPrefix("failed ") ? String(parts[3].dropFirst("failed ".count)) : parts[3]
        }
    }
}

extension FuzzRun.Summary {
    fileprivate mutating func count(_ report: FuzzRun.Report) {
        cases += 1
        mostHeldBytes = max(mostHeldBytes, report.heldBytes)
        mostHeldOfLimit = max(mostHeldOfLimit, Double(report.heldBytes) / Double(report.limitBytes))
        switch report.answer {
        case .accepted: accepted += 1
        case .refused: refused += 1
        case nil: break
        }
    }
}

/// Why a run could not go on.
public struct FuzzError: LabFailure {
    /// What happened.
    public let description: String

    init(_ description: String) { self.description = description }

    static func naming<Value>(_ url: URL, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            throw FuzzError("\(url.path): \(error.localizedDescription)")
        }
    }
}
