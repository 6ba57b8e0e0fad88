public import LabCore
import Mustache

/// `report.html`: one self-contained page for people, without scripts or anything to load.
public enum HTMLReport {
    /// Renders a run; the same text for the same run.
    ///
    /// - Throws: ``ReportError`` when a number is not finite.
    public static func render(_ run: RunRecord) throws -> String {
        try run.requireFinite()
        do {
            let source = String(decoding: PackageResources.report_mustache, as: UTF8.self)
            return try MustacheTemplate(string: source).render(ReportPage(run))
        } catch {
            throw ReportError.rendering(run: run.id, report: "HTML", cause: "\(error)")
        }
    }
}
