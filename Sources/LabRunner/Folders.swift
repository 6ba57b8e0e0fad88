public import Foundation
import ModelFormats

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

    /// Refuses a file that could not be written: to be asked before long work.
    ///
    /// Throws ``RunnerError``.
    public static func requireWritable(_ file: URL) throws {
        let folder = file.deletingLastPathComponent().path
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: file.path, isDirectory: &isDirectory), isDirectory.boolValue {
            throw RunnerError("\(file.path) is a folder", remedy: "name a file")
        }
        let isFolder =
            FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory) && isDirectory.boolValue
        guard isFolder, FileManager.default.isWritableFile(atPath: folder) else {
            throw RunnerError(
                "\(file.path) cannot be written: \(isFolder ? "the folder does not let" : "there is no such folder")",
                remedy: "name another file")
        }
    }

    /// Copies a file of results to where a command line wants it.
    ///
    /// Throws where that cannot be written.
    public static func copy(_ file: URL, to path: String) throws {
        try AtomicFile.write(Data(contentsOf: file), to: URL(fileURLWithPath: path))
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
                remedy: "name a folder with config.json, tokenizer.json and safetensors")
        }
    }
}
