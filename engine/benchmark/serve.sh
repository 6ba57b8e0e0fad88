# `./lab benchmark serve`: the server beside llama-server. Sourced by benchmark.sh.

benchmark_serve() {
    local status=0
    provide_peers llama-server
    provide_build
    export LAB_ENGINE_PREFIX=$PREFIX LAB_ROOT=$ROOT
    make_benchmark_work
    PROVE_WORK=$BENCHMARK_WORK
    provide_smollm2 || give_up "there is no SmolLM2-135M; see $PROVE_LOG"
    convert_for_benchmark "$SMOLLM2_CHECKPOINT" q4_k_m
    convert_for_benchmark "$ROOT/fixtures/pajama-tiny" q4_k_m
    lab_python "$ROOT/engine/benchmark/serve.py" --program "$ROOT/.build/release/llama-pajamas-run" --engine "$PREFIX" \
        --model "$BENCHMARK_WORK/gguf/smollm2-135m-q4_k_m.gguf" --model "$BENCHMARK_WORK/gguf/pajama-tiny-q4_k_m.gguf" \
        "$@" || status=$?
    # 1 says that a bar is missed, and not that something went wrong.
    [ "$status" -eq 1 ] || show_benchmark_log "$status"
    exit "$status"
}
