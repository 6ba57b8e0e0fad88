public import Foundation
public import LabCore

/// A form that a run's report can take.
public enum ReportFormat: String, CaseIterable, Sendable {
    /// One page for people.
    case html
    /// Everything, for programs.
    case json
    /// For CI systems.
    case junit
    /// For a pull request.
    case markdown
    /// For a terminal.
    case text

    /// The name of its file in a run's folder; nil for the one that is only printed.
    public var fileName: String? {
        switch self {
        case .html: "report.html"
        case .json: "report.json"
        case .junit: "junit.xml"
        case .markdown: "report.md"
        case .text: nil
        }
    }

    /// Renders a run; the same bytes for the same run and the same trends.
    ///
    /// - Parameter trends: the judged metrics over time, up to this run.
    /// - Parameter width: columns of the terminal, for `text`.
    /// - Throws: ``ReportError`` when a number is not finite.
    public func render(_ run: RunRecord, trends: [Trend] = [], width: Int = 100) throws -> Data {
        switch self {
        case .html: Data(try HTMLReport.render(run, trends: trends).utf8)
        case .json: try JSONReport.render(run)
        case .junit: Data(JUnitReport.render(run).utf8)
        case .markdown: Data(try MarkdownReport.render(run).utf8)
        case .text: Data((TerminalReport.render(run, width: width) + "\n").utf8)
        }
    }
}
