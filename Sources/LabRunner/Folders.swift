public import Foundation

/// Folders that commands need.
public enum Folders {
    /// Makes a folder and those around it, where they are missing.
    static func make(_ folder: URL, remedy: String) throws {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw RunnerError("\(folder.path) cannot be made: \(error.localizedDescription)", remedy: remedy)
        }
    }

    /// Refuses a path that is no checkpoint folder.
    ///
    /// Throws ``RunnerError``.
    public static func requireCheckpoint(_ model: URL) throws {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: model.path, isDirectory: &isDirectory), isDirectory.boolValue
        else {
            throw RunnerError(
                "there is no checkpoint folder \(model.path)",
                remedy: "name a folder with config.json, tokenizer.json and safetensors; downloads come later")
        }
    }
}
