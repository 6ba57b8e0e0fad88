# `./lab benchmark decoding`: many texts at once beside one, and beside prompts. Sourced by benchmark.sh.

benchmark_decoding() {
    local status=0
    make_benchmark_work
    PROVE_WORK=$BENCHMARK_WORK
    provide_smollm2 || give_up "there is no SmolLM2-135M; see $PROVE_LOG"
    provide_build
    export LAB_ENGINE_PREFIX=$PREFIX
    convert_for_benchmark "$ROOT/fixtures/pajama-tiny" q4_k_m
    convert_for_benchmark "$SMOLLM2_CHECKPOINT" q4_k_m
    lab_python "$ROOT/engine/benchmark/decoding.py" --worker "$ROOT/.build/release/lab-worker" \
        --text "$ROOT/fixtures/pajama-tiny/heldout/text.txt" "$@" \
        "pajama-tiny Q4_K_M=$BENCHMARK_WORK/gguf/pajama-tiny-q4_k_m.gguf" \
        "SmolLM2-135M Q4_K_M=$BENCHMARK_WORK/gguf/smollm2-135m-q4_k_m.gguf" || status=$?
    exit "$status"
}
