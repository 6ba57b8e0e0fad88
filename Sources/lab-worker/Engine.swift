import CLlama
import Foundation
import LabCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The engine's libraries and the backends loaded from beside them.
struct Engine {
    /// Build and library digests.
    let record: EngineRecord
    /// Directory of the libraries.
    private let directory: URL
    private let libraryNames: Set<String>

    /// Loads every backend module that lies beside libllama, by absolute path: ggml's own search would look into the
    /// working directory too.
    init() throws {
        let library = try Self.loadedLibrary().resolvingSymlinksInPath()
        directory = library.deletingLastPathComponent()

        llama_log_set(
            { level, text, _ in
                // The rest, loading dots among it, would bury a worker's last words.
                guard level == GGML_LOG_LEVEL_WARN || level == GGML_LOG_LEVEL_ERROR, let text else { return }
                FileHandle.standardError.write(Data(bytes: text, count: strlen(text)))
            }, nil)
        llama_backend_init()

        let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .filter { $0.resolvingSymlinksInPath() == $0.standardizedFileURL || !Self.isLink($0) }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        var libraries: [String: Digest] = [:]
        for file in files where Self.isEngineLibrary(file.lastPathComponent) {
            libraries[file.lastPathComponent] = Digest(of: try Data(contentsOf: file, options: .mappedIfSafe))
            if Self.isBackendModule(file.lastPathComponent) { _ = ggml_backend_load(file.path) }
        }
        libraryNames = Set(libraries.keys)
        let fingerprint = Digest(
            of: libraries.filter { !Self.isDeviceModule($0.key) }.sorted { $0.key < $1.key }
                .map { "\($0.key) \($0.value)" }.joined(separator: "\n"))
        record = EngineRecord(build: "\(Self.pinnedName(directory))-\(fingerprint.short)", libraries: libraries)
    }

    /// Who the worker is.
    ///
    /// - Parameter backend: the one whose devices are asked for their memory; nil for all. A GPU that is asked takes
    ///   some hundred megabytes for whoever asks, which a worker on another backend has no business with.
    func greeting(memoryOf backend: String? = nil) -> WorkerEvent.Greeting {
        WorkerEvent.Greeting(engine: record, devices: devices(memoryOf: backend), cpuFeatures: cpuFeatures)
    }

    private func devices(memoryOf backend: String?) -> [WorkerEvent.Device] {
        let asked = backend.map { Set(devices(of: $0)) }
        return registered.map { device in
            var free = 0
            var total = 0
            if asked?.contains(device) ?? true { ggml_backend_dev_memory(device, &free, &total) }
            return WorkerEvent.Device(
                name: String(cString: ggml_backend_dev_name(device)), registry: Self.registry(of: device),
                description: String(cString: ggml_backend_dev_description(device)),
                memoryFreeBytes: Int64(free), memoryTotalBytes: Int64(total))
        }
    }

    /// The devices of all backends that were loaded.
    private var registered: [ggml_backend_dev_t] {
        (0..<ggml_backend_dev_count()).compactMap { ggml_backend_dev_get($0) }
    }

    private static func registry(of device: ggml_backend_dev_t) -> String {
        String(cString: ggml_backend_reg_name(ggml_backend_dev_backend_reg(device)))
    }

    /// Architecture and CPU features, such as "x86_64 AVX AVX2 F16C FMA".
    var cpuFeatures: String {
        #if arch(x86_64)
            let architecture = "x86_64"
        #else
            let architecture = "arm64"
        #endif
        let information = String(cString: llama_print_system_info())
        let features = information.split(whereSeparator: { "|:".contains($0) }).compactMap { field -> String? in
            let parts = field.split(separator: "=").map { $0.trimmingCharacters(in: .whitespaces) }
            return parts.count == 2 && parts[1] != "0" ? (parts[1] == "1" ? parts[0] : "\(parts[0])=\(parts[1])") : nil
        }
        return ([architecture] + features).joined(separator: " ")
    }

    /// The devices that a backend name stands for; none where the registry has none.
    func devices(of backend: String) -> [ggml_backend_dev_t] {
        registered.filter { device in
            BackendNames.covers(
                backend, registry: Self.registry(of: device),
                description: String(cString: ggml_backend_dev_description(device)))
        }
    }

    /// Makes sure that there are devices of a backend; those of an RPC server enter the registry here.
    ///
    /// - Throws: ``WorkerProblem`` that says why there are none.
    func connect(_ backend: String) throws {
        if !devices(of: backend).isEmpty { return }
        if let endpoint = BackendNames.endpoint(of: backend) { try addServer(endpoint) }
        guard devices(of: backend).isEmpty else { return }
        throw absence(of: backend)
    }

    private func addServer(_ endpoint: String) throws {
        typealias AddServer = @convention(c) (UnsafePointer<CChar>?) -> ggml_backend_reg_t?
        guard let registry = ggml_backend_reg_by_name("RPC"),
            let function = ggml_backend_reg_get_proc_address(registry, "ggml_backend_rpc_add_server")
        else {
            throw WorkerProblem(
                "no rpc device: this engine was built without RPC", remedy: "./lab engine builds one with it",
                isBackendMissing: true)
        }
        // The engine aborts where nobody answers it.
        guard Reachability.answers(endpoint) else {
            throw WorkerProblem(
                "no rpc device: nothing answers at \(endpoint)",
                remedy: "start the engine's ggml-rpc-server there (bin/ of the engine's folder)", isBackendMissing: true
            )
        }
        guard let server = unsafeBitCast(function, to: AddServer.self)(endpoint) else {
            throw WorkerProblem("no rpc device: the server at \(endpoint) offers none", isBackendMissing: true)
        }
        ggml_backend_register(server)
    }

    /// Why there is no device of a backend, and how to get one.
    private func absence(of backend: String) -> WorkerProblem {
        if backend == "cuda" { return absenceOfCUDA() }
        let present = Set(registered.map { Self.registry(of: $0).lowercased() }).sorted().joined(separator: ", ")
        return WorkerProblem(
            "no \(backend) device: the engine here offers \(present)", remedy: "./lab doctor tells what is missing",
            isBackendMissing: true)
    }

    private func absenceOfCUDA() -> WorkerProblem {
        func problem(_ why: String, _ remedy: String) -> WorkerProblem {
            WorkerProblem("no CUDA device: \(why)", remedy: remedy, isBackendMissing: true)
        }
        guard let driver = dlopen("libcuda.so.1", RTLD_LAZY) else {
            return problem("driver not found", "install NVIDIA's driver, or leave cuda out")
        }
        guard let module = libraryNames.first(where: { $0.hasPrefix("libggml-cuda.") }) else {
            return problem("this engine has no CUDA module", "./lab engine cuda builds it")
        }
        if ggml_backend_reg_by_name("CUDA") == nil {
            let isLoaded = dlopen(directory.appendingPathComponent(module).path, RTLD_NOW | RTLD_LOCAL) != nil
            let words = isLoaded ? nil : dlerror().map { String(cString: $0) }
            return problem(
                "the engine's CUDA module cannot be used: \(words ?? "it is of another build")",
                "./lab engine cuda builds it and links the toolkit's libraries beside it")
        }
        typealias Start = @convention(c) (UInt32) -> Int32
        let status = dlsym(driver, "cuInit").map { unsafeBitCast($0, to: Start.self)(0) } ?? 0
        let remedy = "./lab doctor tells what the driver sees; the module needs a driver as new as its toolkit"
        // CUDA_ERROR_NO_DEVICE is what a driver says whose devices are all hidden.
        guard [0, 100].contains(status) else { return problem("the driver answers with error \(status)", remedy) }
        if let visible = ProcessInfo.processInfo.environment["CUDA_VISIBLE_DEVICES"] {
            return problem("CUDA_VISIBLE_DEVICES is '\(visible)', which shows none", "unset it, or name a device in it")
        }
        return problem("the driver shows none that the module can use", remedy)
    }

    /// Memory in use on a backend's devices by anyone, in bytes; nil where they compute in the host's memory.
    func deviceBytesInUse(_ backend: String) -> Int64? {
        let own = devices(of: backend).filter { ggml_backend_dev_type($0) != GGML_BACKEND_DEVICE_TYPE_CPU }
        guard !own.isEmpty else { return nil }
        return own.reduce(0) { sum, device in
            var (free, total) = (0, 0)
            ggml_backend_dev_memory(device, &free, &total)
            return sum + Int64(total - free)
        }
    }

    /// The file that libllama was loaded from.
    private static func loadedLibrary() throws -> URL {
        #if os(Linux)
            // dladdr is a GNU extension that Swift's Glibc does not offer; the kernel's own list needs none.
            let maps = KernelFile.text("/proc/self/maps") ?? ""
            let path = maps.split(separator: "\n").lazy.compactMap { line in
                line.firstIndex(of: "/").map { String(line[$0...]) }
            }.first { $0.contains("/libllama.so") }
        #else
            var information = Dl_info()
            let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: -2), "llama_backend_init")
            let path = symbol.flatMap { dladdr($0, &information) != 0 ? information.dli_fname : nil }.map {
                String(cString: $0)
            }
        #endif
        guard let path else {
            throw WorkerProblem("the engine's library cannot be located", remedy: "run ./lab doctor")
        }
        return URL(fileURLWithPath: path)
    }

    private static func isLink(_ file: URL) -> Bool {
        (try? file.resourceValues(forKeys: [.isSymbolicLinkKey]).isSymbolicLink) ?? false
    }

    private static func isEngineLibrary(_ name: String) -> Bool {
        // Not libllama-common or the libraries of llama.cpp's tools: they have no part in what a worker computes.
        (name.hasPrefix("libllama.") || name.hasPrefix("libggml")) && (name.contains(".so") || name.hasSuffix(".dylib"))
    }

    /// Modules of devices beside the CPU have no part in what is computed without them.
    private static func isDeviceModule(_ name: String) -> Bool {
        isBackendModule(name) && !name.hasPrefix("libggml-cpu")
    }

    /// Modules are named libggml-NAME without a version; libggml-base is a library, not a backend.
    private static func isBackendModule(_ name: String) -> Bool {
        name.hasPrefix("libggml-") && !name.hasPrefix("libggml-base")
            && (name.hasSuffix(".so") || name.hasSuffix(".dylib"))
    }

    /// The pinned build's name from `engine.json` beside the libraries; "custom" for an installation without one.
    private static func pinnedName(_ libraryDirectory: URL) -> String {
        struct Description: Decodable { let build: String }
        let file = libraryDirectory.deletingLastPathComponent().appendingPathComponent("engine.json")
        guard let data = try? Data(contentsOf: file),
            let description = try? JSONDecoder().decode(Description.self, from: data)
        else { return "custom" }
        return description.build
    }
}

/// A request that cannot be done; the worker lives on.
struct WorkerProblem: Error {
    let failure: WorkerEvent.Failure

    init(_ message: String, remedy: String? = nil, isBackendMissing: Bool = false) {
        failure = WorkerEvent.Failure(message: message, remedy: remedy, isBackendMissing: isBackendMissing)
    }
}
