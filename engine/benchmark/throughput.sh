# `./lab benchmark throughput`: the worker's benchmark beside llama-bench, on the same files. Sourced by benchmark.sh.

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
        qwen3-0.6b) write_random_checkpoint Qwen3-0.6B "$BENCHMARK_WORK/$model" ;;
        qwen3-8b) write_random_checkpoint Qwen3-8B "$BENCHMARK_WORK/$model" ;;
        smollm2-135m) write_smollm2 "$BENCHMARK_WORK/$model" ;;
        *) give_up "no model of this benchmark is called $model" "models: qwen3-0.6b, smollm2-135m, qwen3-8b" ;;
        esac || give_up "there is no $model; see $PROVE_LOG"
        convert_for_benchmark "$BENCHMARK_WORK/$model" q4_k_m
        rm -rf "${BENCHMARK_WORK:?}/$model"
    done
    run_benchmark throughput.py "$@"
}
