import Foundation
import LabCore

/// The files of a model in GGUF: one, or the parts that it was split into, of which the engine is told the first.
package struct GGUFFiles: Sendable, Equatable {
    /// The paths, in order.
    package let paths: [String]

    /// The models among the files of a folder or repository, by their paths.
    ///
    /// Left out are parts of which others are missing, and what is no model: image projectors and importance matrices.
    package static func models(among paths: [String]) -> [GGUFFiles] {
        let present = Set(paths)
        return paths.filter(isModel).compactMap { path in
            guard let part = Part(path) else { return GGUFFiles(paths: [path]) }
            guard part.number == 1, part.all.allSatisfy(present.contains) else { return nil }
            return GGUFFiles(paths: part.all)
        }
    }

    /// The model that a file is, or is the first part of.
    ///
    /// - Throws: ``RunnerError`` for another part, and where one is missing.
    init(_ file: URL) throws {
        guard let part = Part(file.path) else {
            paths = [file.path]
            return
        }
        paths = part.all
        guard part.number == 1 else {
            throw RunnerError(
                "\(file.path) is part \(part.number) of \(part.all.count)", remedy: "name the first: \(part.all[0])",
                exitCode: .usage)
        }
        if let missing = paths.first(where: { !FileManager.default.fileExists(atPath: $0) }) {
            throw RunnerError(
                "\(file.path) is one of \(part.all.count) parts, and \(missing) is missing",
                remedy: "put all of them into one folder")
        }
    }

    private init(paths: [String]) { self.paths = paths }

    /// A file's path without ending and number of the part.
    static func wholeName(ofPath path: String) -> String {
        if let part = Part(path) { return part.whole }
        return path.lowercased().hasSuffix(".gguf") ? String(path.dropLast(".gguf".count)) : path
    }

    /// The recipe that a file's name tells of, such as "Q4_K_M" of "qwen3-8b-q4_k_m-imatrix"; nil where it tells none.
    package static func recipe(ofName name: String) -> String? {
        let words = name.split { "-./".contains($0) }.map { $0.uppercased() }
        return words.last { RecipeNames.all.contains($0) }
    }

    private static func isModel(_ path: String) -> Bool {
        let file = path.split(separator: "/").last?.lowercased() ?? ""
        guard file.hasSuffix(".gguf"), !file.contains("mmproj") else { return false }
        // An artifact that was made with a matrix says so behind its recipe.
        return !file.contains("imatrix") || recipe(ofName: file) != nil
    }

    /// What the name of a split model's file says, as llama.cpp writes it: "NAME-00001-of-00003.gguf".
    private struct Part {
        let whole: String
        let number: Int
        let all: [String]

        init?(_ path: String) {
            guard let match = path.wholeMatch(of: /(.+)-([0-9]{5})-of-([0-9]{5})\.gguf/), let number = Int(match.2),
                let count = Int(match.3), number >= 1, number <= count
            else { return nil }
            let whole = String(match.1)
            self.whole = whole
            self.number = number
            all = (1...count).map { whole + String(format: "-%05d-of-%05d.gguf", $0, count) }
        }
    }
}
