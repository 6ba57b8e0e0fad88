import ArgumentParser
import CommandSupport
import Foundation
import History
import LabCore
import LabRunner
import ModelFormats
import Reports

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Make reports again from history, or a site of all of them.",
        subcommands: [Show.self, Index.self], defaultSubcommand: Show.self)

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One run's report, byte for byte as 'lab run' wrote it.",
            discussion:
                "The page's trends come from the runs before it: what was pruned since, or came from elsewhere, is seen."
        )

        @Argument(help: ArgumentHelp("The run: an id, the beginning of one, or 'last'.", valueName: "run"))
        var subject: String

        @Option(help: "html, json, junit, markdown or text.", transform: Self.format)
        var format: ReportFormat = .text

        @Option(help: "Write to this file in place of standard output.")
        var output: String?

        @OptionGroup var places: PlaceOptions

        private static func format(_ name: String) throws -> ReportFormat {
            guard let format = ReportFormat(rawValue: name.lowercased()) else {
                let names = ReportFormat.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("no report is called '\(name)'; there are \(names)")
            }
            return format
        }

        func run() throws {
            let history = try History(at: places.historyFile, for: .reading)
            let record = try history.resolve(subject)
            if format == .text, output == nil {
                print(TerminalReport.render(record, width: Terminal.width, color: Terminal.hasColor))
                return
            }
            let report = try format.render(record, trends: RunTrends.trends(of: record, in: history))
            if let output {
                try AtomicFile.write(report, to: URL(fileURLWithPath: output))
            } else {
                report.withUnsafeBytes(StandardOutput.write)
            }
        }
    }

    struct Index: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A static site over the whole history, for any web host.",
            discussion:
                "Pages that are up to date are left alone; pages of runs that history no longer has are removed.")

        @Option(help: "The folder of the site.")
        var output: String

        @Flag(help: "Make every page again; empty a site whose history has no run.")
        var force = false

        @OptionGroup var places: PlaceOptions

        func run() throws {
            let history = try History(at: places.historyFile, for: .reading)
            let site = ReportSite(at: URL(fileURLWithPath: output), history: history)
            let progress = TerminalProgress()
            let result = try site.build(force: force, progress: progress.show)
            print(
                "\(output)/index.html: \(result.runs) runs, \(result.written) pages written, \(result.kept) up to date, "
                    + "\(result.removed) removed")
        }
    }
}
