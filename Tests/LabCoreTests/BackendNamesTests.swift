import LabCore
import Testing

@Suite("Names of backends")
struct BackendNamesTests {
    @Test(
        "rpc comes with the address of its server, the others without",
        arguments: [
            ("cpu", true), ("cuda", true), ("mlx", true), ("rpc:127.0.0.1:50052", true), ("rpc:[::1]:50052", true),
            ("rpc:box:1", true), ("rpc", false), ("rpc:", false), ("rpc:box", false), ("rpc::50052", false),
            ("rpc:box:0", false), ("rpc:box:65536", false), ("rpc:box:port", false), ("CPU", false), ("gpu", false),
        ])
    func known(name: String, isKnown: Bool) {
        #expect(BackendNames.isKnown(name) == isKnown)
    }

    @Test("a server's devices are its own alone, and a registry's all of it")
    func covered() {
        #expect(BackendNames.covers("rpc:a:1", registry: "RPC", description: "a:1"))
        #expect(!BackendNames.covers("rpc:a:1", registry: "RPC", description: "a:2"))
        #expect(!BackendNames.covers("rpc:a:1", registry: "CUDA", description: "a:1"))
        #expect(BackendNames.covers("cuda", registry: "CUDA", description: "NVIDIA H100"))
        #expect(!BackendNames.covers("cpu", registry: "CUDA", description: "NVIDIA H100"))
    }

    @Test("what is not usual enters the keys of samples; threads and locked memory do not")
    func keys() {
        var settings = ComputeSettings(threads: 7)
        settings.locksMemory = true
        #expect(settings.keyParameters == ["kv": "f16", "flash_attention": "auto"])
        settings.kvType = "q8_0"
        settings.microBatch = 64
        settings.deviceLayers = 0
        settings.tensorSplit = [3, 1]
        #expect(
            settings.keyParameters == [
                "kv": "q8_0", "flash_attention": "auto", "micro_batch": "64", "device_layers": "0",
                "tensor_split": "3.0,1.0",
            ])
    }

    @Test("the module of a device is part of the engine's build on that device alone")
    func build() {
        let (cuda, rpc) = (Digest(of: "cuda"), Digest(of: "rpc"))
        let engine = EngineRecord(build: "b1-x", libraries: ["libggml-cuda.so": cuda, "libggml-rpc.so": rpc])
        #expect(engine.build(on: "cpu") == "b1-x")
        #expect(engine.build(on: "cuda") == "b1-x-\(cuda.short)")
        #expect(engine.build(on: "rpc:a:1") == "b1-x-\(rpc.short)")
        #expect(engine.build(on: "vulkan") == "b1-x")
    }
}
