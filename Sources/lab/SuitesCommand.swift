import ArgumentParser
import Evaluation
import Foundation
import LabCore

struct SuitesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suites", abstract: "List the suites of a folder, each checked.")

    @Argument(help: "The folder.")
    var folder: String = "suites"

    func run() throws {
        let suites = Suite.folders(in: URL(fileURLWithPath: folder))
        guard !suites.isEmpty else {
            throw SuiteError(file: folder, message: "no suites here", remedy: "run it in the lab's own folder")
        }
        for place in suites {
            let suite = try Suite(at: place)
            print("\(folder)/\(place.lastPathComponent)  \(suite.recipe)  \(suite.summary)")
        }
    }
}
