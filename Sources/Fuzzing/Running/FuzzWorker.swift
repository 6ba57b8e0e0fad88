import CCaseLimits
public import Foundation
import ModelFormats

/// Reads one case after the other, in a process that a bad reader may take down.
///
/// Each case ends with a line on standard output: its number, the most bytes held at once, the bytes that it may hold,
/// and the answer. A case without a line is the one that ended the process.
public struct FuzzWorker {
    /// The seed of the run.
    public var seed: UInt64
    /// The numbers of the cases.
    public var cases: Range<Int>
    /// Where the files of a case are written.
    public var folder: URL
    /// A bad reader in place of the real ones, on the last of the cases. Default: none.
    public var misbehaviour: Misbehaviour?

    /// A worker.
    public init(seed: UInt64, cases: Range<Int>, folder: URL) {
        self.seed = seed
        self.cases = cases
        self.folder = folder
    }

    /// Runs all cases.
    ///
    /// Throws ``FuzzError`` when a file cannot be written, or when a reader refuses a sound one.
    public func run() throws {
        var present: [String: [UInt8]] = [:]
        // Damage is done to what is read when it is whole. What libraries set up once is then there, too.
        for files in FuzzCase.sound {
            try write(files, present: &present)
            guard try answer(to: files, misbehaviour: nil).answer == .accepted else {
                throw FuzzError("the reader of \(files.damage) refuses it")
            }
        }
        for number in cases {
            let files = FuzzCase(seed: seed, number: number)
            try write(files, present: &present)
            var line: String
            do {
                let bad = number == cases.upperBound - 1 ? misbehaviour : nil
                let (answer, heldBytes) = try answer(to: files, misbehaviour: bad)
                line = "\(heldBytes) \(CaseLimits.memory(for: files)) \(answer.rawValue)"
            } catch {
                line = "0 1 failed \(error)".replacing("\n", with: " ")
            }
            FileHandle.standardOutput.write(Data("\(number) \(line)\n".utf8))
        }
    }

    /// Reads within the limits of memory and time; what was read is then used within those of time.
    private func answer(
        to files: FuzzCase, misbehaviour: Misbehaviour?
    ) throws -> (answer: FuzzedReader.Answer, heldBytes: Int) {
        case_limits_begin(CaseLimits.memory(for: files), CaseLimits.processorMilliseconds)
        let reading = Result {
            try misbehaviour?.act(on: files)
            return try files.reader.read(files.files, in: folder)
        }
        let heldBytes = case_limits_end()
        guard let use = try reading.get() else { return (.refused, heldBytes) }
        case_limits_begin(.max, CaseLimits.processorMilliseconds)
        defer { _ = case_limits_end() }
        do {
            try use()
        } catch let error as FormatError {
            throw FuzzedReader.Lie("accepted, and then: \(error)")
        }
        return (.accepted, heldBytes)
    }

    /// Leaves exactly the case's files in the folder; most of them are there from the case before.
    private func write(_ files: FuzzCase, present: inout [String: [UInt8]]) throws {
        let wanted = Set(files.files.map(\.name))
        try FuzzError.naming(folder) {
            for name in present.keys where !wanted.contains(name) {
                try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
                present[name] = nil
            }
            for file in files.files where present[file.name] != file.bytes {
                let url = folder.appendingPathComponent(file.name)
                // A file that is cut to nothing and written anew goes to the disk at once, at least on ext4.
                if present[file.name] != nil { try FileManager.default.removeItem(at: url) }
                try Data(file.bytes).write(to: url)
                present[file.name] = file.bytes
            }
        }
    }
}
