public import LabCore
import Mustache

/// `report.html`: one self-contained page for people, without scripts or anything to load.
public enum HTMLReport {
    /// Renders a run; the same text for the same run and the same trends.
    ///
    /// - Parameter trends: the judged metrics over time, up to this run; those with one point are not drawn.
    /// - Parameter home: where a link at the top leads, for a page of a site; nil for none.
    /// - Throws: ``ReportError`` when a number is not finite.
    public static func render(_ run: RunRecord, trends: [Trend] = [], home: String? = nil) throws -> String {
        try run.requireFinite()
        do {
            return try PageTemplates.render(ReportPage(run, trends: trends, home: home), with: .report)
        } catch {
            throw ReportError.rendering(run: run.id, report: "HTML", cause: "\(error)")
        }
    }
}
