# `./lab benchmark balanced`: the whole suite beside llama-perplexity and llama-server. Sourced by benchmark.sh.

benchmark_balanced() {
    local status=0 artifacts
    provide_peers llama-perplexity llama-server
    provide_build
    export LAB_ENGINE_PREFIX=$PREFIX LAB_ROOT=$ROOT
    make_benchmark_work
    convert_for_benchmark "$ROOT/fixtures/pajama-tiny" bf16,q4_k_m
    artifacts=$BENCHMARK_WORK/gguf/pajama-tiny
    lab_python "$ROOT/engine/benchmark/balanced.py" --lab "$ROOT/.build/release/lab" --engine "$PREFIX" \
        --suite "$ROOT/suites/balanced" --parent "$artifacts-bf16.gguf" --candidate "$artifacts-q4_k_m.gguf" \
        --work "$BENCHMARK_WORK" "$@" || status=$?
    # 1 says that the lab is too slow, and not that something went wrong.
    [ "$status" -eq 1 ] || show_benchmark_log "$status"
    exit "$status"
}
