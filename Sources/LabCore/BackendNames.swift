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
}
