public import Foundation
import LabCore

/// The summary of a conversion.
public enum OutcomeTable {
    /// The lines of the table; files are shown from the working directory where they lie below it.
    public static func render(_ outcomes: [ConversionRun.Outcome], manifest: URL) -> String {
        var table = TextTable([
            ("recipe", .left), ("size", .right), ("bits/weight", .right), ("", .left), ("file", .left),
        ])
        for outcome in outcomes {
            table.append([
                outcome.artifact.recipe, ByteSize(outcome.artifact.bytes).description,
                outcome.artifact.bitsPerWeight.fixed(2), outcome.isNew ? "written" : "already there",
                shown(outcome.url),
            ])
        }
        return (table.lines + ["manifest: \(shown(manifest))"]).joined(separator: "\n")
    }

    private static func shown(_ url: URL) -> String {
        let here = FileManager.default.currentDirectoryPath + "/"
        return url.path.hasPrefix(here) ? String(url.path.dropFirst(here.count)) : url.path
    }
}
