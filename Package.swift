// swift-tools-version: 6.1
import Foundation
import PackageDescription

/// Where the engine (llama.cpp) is installed: `LAB_ENGINE_PREFIX`, or the per-user cache that `./lab` fills.
///
/// A plain `swift build` cannot be told a pkg-config path, so the prefix is computed here; `./lab` keeps the
/// link `engine/<build>` in the cache pointing at the build made for this machine.
let enginePrefix: String = {
    let environment = ProcessInfo.processInfo.environment
    if let prefix = environment["LAB_ENGINE_PREFIX"], !prefix.isEmpty { return prefix }
    let pin = (try? String(contentsOfFile: Context.packageDirectory + "/engine/pin", encoding: .utf8)) ?? ""
    let build = pin.split(separator: "\n").first { $0.hasPrefix("build=") }?.dropFirst("build=".count) ?? "unknown"
    let home = environment["HOME"] ?? NSHomeDirectory()
    #if os(macOS)
        let defaultCache = home + "/Library/Caches"
    #else
        let named = environment["XDG_CACHE_HOME"] ?? ""
        let defaultCache = named.isEmpty ? home + "/.cache" : named
    #endif
    return (environment["LAB_CACHE"] ?? defaultCache + "/llama-pajamas") + "/engine/\(build)"
}()

let sharedSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .unsafeFlags(["-Xcc", "-I\(enginePrefix)/include"]),
]

let engineLinkage: [LinkerSetting] = [
    .linkedLibrary("llama"), .linkedLibrary("ggml"), .linkedLibrary("ggml-base"),
    .unsafeFlags(["-L\(enginePrefix)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(enginePrefix)/lib"]),
]

/// The block codecs are numeric code that needs the optimiser, and whose indices their callers check.
///
/// Without errno a square root is an instruction.
let kernelSettings: [SwiftSetting] =
    sharedSettings + [.unsafeFlags(["-Ounchecked", "-Xcc", "-fno-math-errno"])]

/// The codecs compiled again for newer processors, into a module of their own; chosen at run time.
#if arch(x86_64)
    let processorSpecificKernels: [Target] = [
        .target(
            name: "BlockKernelsAVX2", swiftSettings: kernelSettings + [.unsafeFlags(["-Xcc", "-mavx2"])])
    ]
#else
    let processorSpecificKernels: [Target] = []
#endif

/// Languages are told apart by CLD2 (Debian's libcld2-dev); macOS has a detector of its own.
#if os(macOS)
    let languageDetector: [Target] = []
#else
    let languageDetector: [Target] = [.target(name: "CCLD2", linkerSettings: [.linkedLibrary("cld2")])]
#endif

let package = Package(
    name: "llama-pajamas-lab",
    platforms: [.macOS(.v14)],
    products: [
        .executable(name: "lab", targets: ["lab"]),
        .executable(name: "fuzz-readers", targets: ["fuzz-readers"]),
        .executable(name: "lab-worker", targets: ["lab-worker"]),
        .executable(name: "llama-pajamas-quant", targets: ["llama-pajamas-quant"]),
        .executable(name: "llama-pajamas-run", targets: ["llama-pajamas-run"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CLlama"),
        .systemLibrary(name: "CProcessor"),
        .target(
            name: "CLlamaChat",
            cxxSettings: [
                .unsafeFlags(["-I\(enginePrefix)/include", "-I\(enginePrefix)/include/llama-common"])
            ]),
        .target(name: "BlockKernels", swiftSettings: kernelSettings),
        .target(
            name: "LabCore",
            dependencies: [.product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: sharedSettings),
        .target(name: "ModelFormats", dependencies: ["LabCore"], swiftSettings: sharedSettings),
        .systemLibrary(name: "CCurl"),
        .target(name: "Hub", dependencies: ["LabCore", "CCurl"], swiftSettings: sharedSettings),
        .target(
            name: "Quantization",
            dependencies: ["LabCore", "ModelFormats", "CLlama", "CProcessor", "BlockKernels"]
                + processorSpecificKernels.map { .target(name: $0.name) },
            swiftSettings: sharedSettings,
            linkerSettings: engineLinkage),
        .target(name: "Inference", dependencies: ["LabCore"], swiftSettings: sharedSettings),
        .target(
            name: "Serving", dependencies: ["LabCore", "ModelFormats", "Inference"], swiftSettings: sharedSettings),
        .target(
            name: "Server",
            dependencies: [
                "LabCore", "ModelFormats", "Inference", "Serving",
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: sharedSettings),
        .executableTarget(
            name: "lab-worker",
            dependencies: ["LabCore", "CLlama", "CLlamaChat"],
            swiftSettings: sharedSettings + [.unsafeFlags(["-Ounchecked"], .when(configuration: .release))],
            linkerSettings: [.linkedLibrary("llama-common")] + engineLinkage),
        .target(
            name: "Evaluation",
            dependencies: ["LabCore", .product(name: "Yams", package: "Yams")],
            swiftSettings: sharedSettings),
        .target(
            name: "LanguageIdentification",
            dependencies: ["LabCore"] + languageDetector.map { .target(name: $0.name) },
            swiftSettings: sharedSettings),
        .target(
            name: "History",
            dependencies: ["LabCore", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: sharedSettings),
        .target(
            name: "Reports",
            dependencies: ["LabCore", .product(name: "Mustache", package: "swift-mustache")],
            resources: [.embedInCode("Resources")],
            swiftSettings: sharedSettings),
        .target(
            name: "LabRunner",
            dependencies: [
                "LabCore", "ModelFormats", "Quantization", "Inference", "Evaluation", "History", "Reports",
                "LanguageIdentification", "CodeSandbox", "Hub",
            ],
            swiftSettings: sharedSettings),
        .target(
            name: "CommandSupport",
            dependencies: ["LabCore", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: sharedSettings),
        .executableTarget(
            name: "lab",
            dependencies: [
                "LabCore", "ModelFormats", "Quantization", "Inference", "Evaluation", "History", "Reports", "LabRunner",
                "CodeSandbox", "CommandSupport", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: sharedSettings),
        .executableTarget(
            name: "llama-pajamas-quant",
            dependencies: [
                "LabCore", "ModelFormats", "Quantization", "LabRunner", "CommandSupport", "Hub", "Evaluation",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: sharedSettings),
        .executableTarget(
            name: "llama-pajamas-run",
            dependencies: [
                "LabCore", "ModelFormats", "Evaluation", "Inference", "Serving", "Server", "LabRunner",
                "CommandSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: sharedSettings),
        .executableTarget(
            name: "codec-benchmark", dependencies: ["Quantization", "ModelFormats"], swiftSettings: sharedSettings),
        .executableTarget(
            name: "sequential-simulation", dependencies: ["LabCore"], swiftSettings: sharedSettings),
        .target(name: "CCaseLimits"),
        .target(
            name: "Fuzzing", dependencies: ["LabCore", "ModelFormats", "CCaseLimits"], swiftSettings: sharedSettings),
        .executableTarget(
            name: "fuzz-readers",
            dependencies: [
                "LabCore", "Fuzzing", "CommandSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: sharedSettings),
        .target(name: "CSandbox"),
        .target(name: "CodeSandbox", dependencies: ["LabCore", "CSandbox"], swiftSettings: sharedSettings),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: sharedSettings),
        .testTarget(name: "CodeSandboxTests", dependencies: ["CodeSandbox"], swiftSettings: sharedSettings),
        .testTarget(name: "LabCoreTests", dependencies: ["LabCore"], swiftSettings: sharedSettings),
        .testTarget(
            name: "ModelFormatsTests", dependencies: ["ModelFormats", "TestSupport"], swiftSettings: sharedSettings),
        .testTarget(
            name: "QuantizationTests", dependencies: ["Quantization", "ModelFormats", "TestSupport"],
            swiftSettings: sharedSettings),
        .testTarget(
            name: "InferenceTests", dependencies: ["Inference", "Quantization", "TestSupport"],
            swiftSettings: sharedSettings),
        .testTarget(
            name: "ServingTests", dependencies: ["Serving", "Inference", "Quantization", "TestSupport"],
            swiftSettings: sharedSettings),
        .testTarget(name: "EvaluationTests", dependencies: ["Evaluation"], swiftSettings: sharedSettings),
        .testTarget(
            name: "LanguageIdentificationTests", dependencies: ["LanguageIdentification", "LabCore"],
            swiftSettings: sharedSettings),
        .testTarget(
            name: "HistoryTests", dependencies: ["History", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: sharedSettings),
        .testTarget(name: "FuzzingTests", dependencies: ["Fuzzing", "TestSupport"], swiftSettings: sharedSettings),
        .testTarget(name: "ReportsTests", dependencies: ["Reports"], swiftSettings: sharedSettings),
        .testTarget(name: "HubTests", dependencies: ["Hub", "TestSupport"], swiftSettings: sharedSettings),
        .testTarget(
            name: "CommandTests", dependencies: ["LabRunner", "History", "LabCore", "ModelFormats", "TestSupport"],
            swiftSettings: sharedSettings),
    ] + processorSpecificKernels + languageDetector,
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
