extension MetricDefinition {
    /// Tokens of prompts computed in a second, all sequences together; llama-bench's "pp".
    public static let prefillRate = MetricDefinition(
        name: "prefill_rate", unit: "tokens_per_second", polarity: .higherIsBetter)
    /// Tokens written in a second, all sequences together; llama-bench's "tg" for one sequence.
    public static let decodeRate = MetricDefinition(
        name: "decode_rate", unit: "tokens_per_second", polarity: .higherIsBetter)
    /// From the beginning of the prompts until each sequence has its first token, chosen greedily.
    public static let timeToFirstToken = MetricDefinition(
        name: "time_to_first_token", unit: "milliseconds", polarity: .lowerIsBetter)
    /// The median time between tokens of a sequence, over all steps of all repetitions.
    public static let interTokenP50 = MetricDefinition(
        name: "inter_token_latency_p50", unit: "milliseconds", polarity: .lowerIsBetter)
    /// Its 95th percentile.
    public static let interTokenP95 = MetricDefinition(
        name: "inter_token_latency_p95", unit: "milliseconds", polarity: .lowerIsBetter)
    /// Its 99th percentile.
    public static let interTokenP99 = MetricDefinition(
        name: "inter_token_latency_p99", unit: "milliseconds", polarity: .lowerIsBetter)
    /// The speed of prefill, one sequence at a time, in percent of what the device's matrix products and memory allow.
    public static let prefillRoofline = MetricDefinition(
        name: "prefill_roofline", unit: "percent", polarity: .higherIsBetter)
    /// The same of decoding.
    public static let decodeRoofline = MetricDefinition(
        name: "decode_roofline", unit: "percent", polarity: .higherIsBetter)
    /// Loading the file, from wherever the system had it.
    public static let loadTime = MetricDefinition(name: "load_time", unit: "seconds", polarity: .lowerIsBetter)
    /// The most memory of the worker's process, resident, mapped files included; 1 megabyte is 10^6 bytes.
    public static let peakHostMemory = MetricDefinition(
        name: "peak_host_memory", unit: "megabytes", polarity: .lowerIsBetter)
    /// The most memory in use on the device beyond what was in use before the artifact was loaded.
    public static let peakDeviceMemory = MetricDefinition(
        name: "peak_device_memory", unit: "megabytes", polarity: .lowerIsBetter)
    /// What the device reads from memory in a second, 10^9 bytes.
    public static let memoryBandwidth = MetricDefinition(
        name: "memory_bandwidth", unit: "gigabytes_per_second", polarity: .higherIsBetter)
    /// Operations of a matrix product that the device does in a second, 10^9.
    public static let matrixRate = MetricDefinition(
        name: "matrix_rate", unit: "gigaoperations_per_second", polarity: .higherIsBetter)

    /// Those that each repetition has a value of, so that two runs can be compared by them.
    public static let ofRepetitions = [prefillRate, decodeRate, timeToFirstToken]
    /// Those that are measured once, not at every point.
    public static let speedOfWhole = [loadTime, peakHostMemory, peakDeviceMemory, memoryBandwidth, matrixRate]
    /// All that the throughput evaluation measures.
    public static let ofSpeed =
        ofRepetitions + [interTokenP50, interTokenP95, interTokenP99, prefillRoofline, decodeRoofline] + speedOfWhole
}
