import Foundation
import Reports
import Testing

/// The example that is kept in reports/example.
@Suite struct ExampleReportTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let folder = root.appending(path: "reports/example")

    @Test func theExampleFollowsTheSchema() throws {
        let schema = try JSONValue(Data(contentsOf: Self.root.appending(path: "docs/report.schema.json")))
        let report = try JSONValue(Data(contentsOf: Self.folder.appending(path: "report.json")))
        #expect(schema.violations(in: report) == [])
        #expect(report["suite"]?["name"] == .string("balanced"))
        #expect(report["command"] == .string("./lab run suites/balanced"))
        #expect(report["artifacts"]?[1]?["model"] == .string("pajama-tiny"))
    }

    @Test func thePageIsOfTheSameRun() throws {
        guard
            case .string(let run)? = try JSONValue(
                Data(contentsOf: Self.folder.appending(path: "report.json")))["run"]
        else {
            Issue.record("report.json names no run")
            return
        }
        let page = try String(contentsOf: Self.folder.appending(path: "report.html"), encoding: .utf8)
        #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains(run))
        #expect(page.utf8.count < 1_000_000)
    }

    /// Nothing in it is of the machine that made it but what a report tells: processor, memory and system. The only paths
    /// are of the folder that it was made in for this purpose.
    @Test(arguments: ["report.html", "report.json", "report.md", "junit.xml"])
    func theExampleHoldsNoPathOfAMachine(name: String) throws {
        let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
        // What stands behind a letter, a tag or a URL's beginning is no path from the root.
        let path = try NSRegularExpression(pattern: #"(?<![\w.<:/%)\]-])/[\w.-]+/[^\s"<]*"#)
        let found = path.matches(in: text, range: NSRange(text.startIndex..., in: text)).compactMap {
            Range($0.range, in: text).map { text[$0] }
        }
        #expect(found.allSatisfy { $0.hasPrefix("/opt/lab-data/") }, "\(found)")
        if name.hasPrefix("report.") && !name.hasSuffix("md") { #expect(!found.isEmpty) }
        #expect(!text.contains(".cache"))
    }
}
