# `./lab benchmark throughput`: the worker's benchmark beside llama-bench, on the same files. Sourced by benchmark.sh.

# write_random_checkpoint SIZE NAME: a checkpoint of a published size with random weights, in BENCHMARK_WORK/NAME.
write_random_checkpoint() {
    step "writing a random checkpoint with $1's shapes" "$BENCHMARK_WORK/log" "$PROVE_PYTHON" \
        "$ROOT/engine/prove/random_checkpoint.py" "$BENCHMARK_DATA/qwen3" "$1" "$BENCHMARK_WORK/$2" ||
        { show_benchmark_log 1 && exit 4; }
}

benchmark_throughput() {
    prepare_benchmark
    provide_peers llama-bench
    PROVE_WORK=$BENCHMARK_WORK
    local models=qwen3-0.6b,smollm2-135m before="" argument model
    for argument in "$@"; do
        case "$before $argument" in
        "--models "*) models=$argument ;;
        *" --models="*) models=${argument#--models=} ;;
        esac
        before=$argument
    done
    for model in ${models//,/ }; do
        case "$model" in
        qwen3-0.6b) write_random_checkpoint Qwen3-0.6B "$model" ;;
        qwen3-8b) write_random_checkpoint Qwen3-8B "$model" ;;
        smollm2-135m)
            write_smollm2 "$BENCHMARK_WORK/$model" || give_up "there is no SmolLM2-135M; see $PROVE_LOG"
            ;;
        *) give_up "no model of this benchmark is called $model" "models: qwen3-0.6b, smollm2-135m, qwen3-8b" ;;
        esac
        convert_for_benchmark "$BENCHMARK_WORK/$model" q4_k_m
        rm -rf "${BENCHMARK_WORK:?}/$model"
    done
    run_benchmark throughput.py "$@"
}
