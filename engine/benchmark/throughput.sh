# `./lab benchmark throughput`: the worker's benchmark beside llama-bench, on the same files. Sourced by benchmark.sh.

benchmark_throughput() {
    prepare_benchmark
    provide_peers llama-bench
    PROVE_WORK=$BENCHMARK_WORK
    step "writing a random checkpoint with Qwen3-0.6B's shapes" "$BENCHMARK_WORK/log" "$PROVE_PYTHON" \
        "$ROOT/engine/prove/random_checkpoint.py" "$BENCHMARK_DATA/qwen3" Qwen3-0.6B "$BENCHMARK_WORK/qwen3-0.6b" ||
        { show_benchmark_log 1 && exit 4; }
    write_smollm2 "$BENCHMARK_WORK/smollm2-135m" || give_up "there is no SmolLM2-135M; see $PROVE_LOG"
    local model
    for model in qwen3-0.6b smollm2-135m; do
        convert_for_benchmark "$BENCHMARK_WORK/$model" q4_k_m
    done
    run_benchmark throughput.py "$@"
}
