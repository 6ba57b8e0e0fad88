/// The backends that a suite may name: whether this machine has one is found out by the run.
public enum BackendNames {
    /// The names of the engine's device registries in small letters, of which "mtl" is Metal's, and mlx-lm.
    ///
    /// Source: the `reg_get_name` functions in `ggml/src` of build b11434; "rocm" and "musa" are CUDA's code compiled
    /// for other makers' devices.
    public static let all = [
        "cpu", "cuda", "mtl", "mlx", "vulkan", "rocm", "musa", "sycl", "opencl", "cann", "openvino", "webgpu", "rpc",
        "blas", "zendnn", "zdnn", "htp", "et", "ggml-virtgpu",
    ]

    /// What people are told there is.
    public static var choices: [String] { all.map { $0 == "rpc" ? "rpc:HOST:PORT" : $0 } }

    /// Whether a name is one of a backend: of the list, where "rpc" comes with the address of its server.
    public static func isKnown(_ name: String) -> Bool {
        if let endpoint = endpoint(of: name) { return endpoint.split(separator: ":").count >= 2 }
        return name != "rpc" && all.contains(name)
    }

    /// Whether a backend stands for a device, by the names of its registry and its own: a server's devices are described
    /// by its address.
    public static func covers(_ backend: String, registry: String, description: String) -> Bool {
        if let endpoint = endpoint(of: backend) { return registry == "RPC" && description == endpoint }
        return registry.lowercased() == backend
    }

    /// The "HOST:PORT" of "rpc:HOST:PORT"; nil for other backends, and where the port is no number.
    public static func endpoint(of name: String) -> String? {
        guard name.hasPrefix("rpc:"), let colon = name.lastIndex(of: ":"),
            let port = UInt16(name[name.index(after: colon)...]), port > 0
        else { return nil }
        let endpoint = String(name.dropFirst("rpc:".count))
        return endpoint.hasPrefix(":") ? nil : endpoint
    }
}
