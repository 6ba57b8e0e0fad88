import CLlama

/// The engine whose block functions encode tensors.
public enum EngineBuild {
    /// Version and build of ggml, such as "ggml 0.26.0 (b11434)".
    public static var name: String {
        "ggml \(String(cString: ggml_version())) (\(String(cString: ggml_commit())))"
    }
}
