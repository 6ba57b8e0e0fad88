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
        let root = URL(fileURLWithPath: folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        let suites = names.sorted().filter {
            FileManager.default.fileExists(atPath: root.appendingPathComponent("\($0)/suite.yaml").path)
        }
        guard !suites.isEmpty else {
            throw SuiteError(file: folder, message: "no suites here", remedy: "run it in the lab's own folder")
        }
        for name in suites {
            let suite = try Suite(at: root.appendingPathComponent(name))
            print("\(folder)/\(name)  \(suite.recipe)  \(suite.summary)")
        }
    }
}
