import Foundation
import LabCore
import ModelFormats
import Reports

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The folder of one run's reports.
struct ReportFolder {
    let url: URL
    private let output: URL

    /// Makes the folder's parent and checks that it can be written.
    init(in output: URL, runID: String) throws {
        self.output = output
        url = output.appendingPathComponent(runID, isDirectory: true)
        do {
            try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
            let probe = output.appendingPathComponent(".\(runID).probe")
            try AtomicFile.write(Data(), to: probe)
            try FileManager.default.removeItem(at: probe)
        } catch {
            let reason = (error as? any LabFailure)?.description ?? error.localizedDescription
            throw RunnerError(
                "the output folder \(output.path) cannot be written: \(reason)", remedy: "name another with --output")
        }
    }

    /// Writes all reports; the folder appears under its name only when they are whole.
    ///
    /// - Parameter trends: the judged metrics over time, up to this run.
    func write(_ record: RunRecord, trends: [Trend]) throws {
        let files = FileManager.default
        let temporary = output.appendingPathComponent(".\(record.id).partial", isDirectory: true)
        do {
            try files.createDirectory(at: temporary, withIntermediateDirectories: true)
            for format in ReportFormat.allCases {
                guard let name = format.fileName else { continue }
                try AtomicFile.write(
                    format.render(record, trends: trends), to: temporary.appendingPathComponent(name))
            }
            try files.moveItem(at: temporary, to: url)
        } catch {
            try? files.removeItem(at: temporary)
            throw error
        }
        linkLatest()
    }

    /// Points `latest` at this run. A convenience: where links cannot be made, the reports are there all the same.
    private func linkLatest() {
        let link = output.appendingPathComponent("latest").path
        let temporary = output.appendingPathComponent(".latest.\(url.lastPathComponent)").path
        guard symlink(url.lastPathComponent, temporary) == 0 else { return }
        if rename(temporary, link) != 0 { unlink(temporary) }
    }
}
