#if os(Linux)
    import Foundation
    import Glibc

    /// The Python that programs run with, and the files that it needs to start.
    struct PythonInterpreter: Sendable {
        /// The program itself, behind every link, wrapper and virtual environment.
        let executable: String
        /// As in "3.11.7".
        let version: String
        /// Files and folders that it reads: itself, its standard library, the shared libraries of both.
        let files: [String]
        /// Folders within those that hold what was installed beside the standard library.
        let packageFolders: [String]

        /// Says what the interpreter is; what it cannot say, what its loader needs, is asked of `ldd`.
        private static let question = #"""
            import json, os, sys
            # Extension modules that need a library of their own and that a function may import.
            names = ("_bz2.", "_ctypes.", "_hashlib.", "_lzma.", "zlib.")
            folders = [folder for folder in sys.path if os.path.isdir(folder)]
            modules = [os.path.join(folder, name) for folder in folders for name in os.listdir(folder)
                       if name.startswith(names) and name.endswith(".so")]
            packages = [os.path.join(folder, name) for folder in folders for name in ("site-packages", "dist-packages")
                        if os.path.isdir(os.path.join(folder, name))]
            print(json.dumps({
                "executable": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
                "version": "%d.%d.%d" % sys.version_info[:3],
                "folders": folders, "modules": modules, "packages": packages}))
            """#

        /// The `python3` on a search path.
        ///
        /// Throws ``SandboxError`` when there is none, or none that works.
        static func find(searchPath: String) throws -> PythonInterpreter {
            guard let python = Self.program("python3", searchPath: searchPath) else {
                throw SandboxError(.broken, "no python3 on the PATH", remedy: "install Python 3")
            }
            let answer = try output(of: [python, "-I", "-S", "-c", question])
            guard let said = try? JSONParser.parse(answer), let executable = said["executable"]?.string,
                let version = said["version"]?.string, let folders = strings(said["folders"]),
                let modules = strings(said["modules"]), let packages = strings(said["packages"])
            else { throw SandboxError(.broken, "\(python) does not say what it needs", remedy: "install Python 3") }
            guard let ldd = Self.program("ldd", searchPath: searchPath + ":/usr/bin:/bin") else {
                throw SandboxError(
                    .broken, "no ldd, which says what libraries Python needs", remedy: "install the C library's tools")
            }
            // Its exit status tells of files that need no libraries, which is no error here.
            let listing = String(decoding: try output(of: [ldd, executable] + modules), as: UTF8.self)
            let libraries = listing.split(whereSeparator: \.isWhitespace).map(String.init).filter {
                $0.hasPrefix("/") && !$0.hasSuffix(":")
            }
            let loaderCache = ["/etc/ld.so.cache"].filter(FileManager.default.fileExists)
            // A folder after those that it lies in would hide nothing, and be mounted twice.
            let tops = folders.filter { folder in !folders.contains { folder.hasPrefix($0 + "/") } }
            return PythonInterpreter(
                executable: executable, version: version,
                files: [executable] + Set(libraries).sorted() + loaderCache + tops,
                packageFolders: packages)
        }

        /// The first executable of a name on a search path.
        static func program(_ name: String, searchPath: String) -> String? {
            searchPath.split(separator: ":").map { $0 + "/" + name }.first {
                var isFolder: ObjCBool = false
                return access($0, X_OK) == 0 && FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder)
                    && !isFolder.boolValue
            }
        }

        private static func output(of command: [String]) throws -> [UInt8] {
            try ChildProcess.run(
                command, environment: ProcessInfo.processInfo.environment, input: [], wallTime: .seconds(30),
                outputBytes: 1 << 20
            ).output
        }

        private static func strings(_ value: JSONValue?) -> [String]? {
            guard case .list(let items) = value else { return nil }
            return items.compactMap(\.string)
        }
    }
#endif
