public import Foundation
public import LabCore

/// The JSON report: everything a run found out, for programs.
///
/// Its schema is docs/report.schema.json.
public enum JSONReport {
    /// The version of the schema.
    ///
    /// It rises when a field changes meaning or goes; added fields leave it.
    public static let schemaVersion = 1

    /// Renders a run: pretty-printed, keys sorted, the same bytes for the same run.
    ///
    /// - Throws: ``ReportError`` when a number is not finite.
    public static func render(_ run: RunRecord) throws -> Data {
        try run.requireFinite()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .iso8601
        do {
            var data = try encoder.encode(JSONDocument(run))
            data.append(UInt8(ascii: "\n"))
            return data
        } catch {
            throw ReportError.rendering(run: run.id, report: "JSON", cause: "\(error)")
        }
    }
}
