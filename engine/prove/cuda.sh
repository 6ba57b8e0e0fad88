# `./lab prove cuda`: the lab's commands on a CUDA device, and what they say without one. Sourced by prove.sh.

prove_cuda() {
    local data=${LAB_DATA:-$ROOT/../shared/data} status=0 state larger=()
    . "$ROOT/engine/launcher/cuda.sh"
    state=$(cuda_device_state)
    case "$state" in
    "no CUDA device"*)
        say "skipped: $state"
        return 4
        ;;
    esac
    say "on $state"
    provide_build
    export LAB_ENGINE_PREFIX=$PREFIX LAB_ROOT=$ROOT
    make_prove_work
    make_cuda_model "$ROOT/fixtures/pajama-tiny" pajama-tiny || return 1
    # Attention is only fused where heads are as wide as published models have them, and the embedded model's are not.
    if [ -e "$data/qwen3/tokenizer.json" ]; then
        provide_prove_python
        write_random_checkpoint Qwen3-0.6B "$PROVE_WORK/random" &&
            make_cuda_model "$PROVE_WORK/random" random || return 1
        larger=(--large "$PROVE_WORK/random.gguf")
    else
        say "with the embedded model alone: no Qwen3 tokenizer in $data/qwen3; LAB_DATA names another folder"
    fi
    lab_python "$ROOT/engine/prove/cuda_device.py" --programs "$ROOT/.build/release" --suites "$ROOT/suites" \
        --engine "$PREFIX" --work "$PROVE_WORK" --model "$PROVE_WORK/pajama-tiny.gguf" ${larger[@]+"${larger[@]}"} "$@" || status=$?
    [ "$status" -eq 0 ] || tail -n 60 "$PROVE_WORK/log" >&2
    return "$status"
}

# make_cuda_model CHECKPOINT NAME: leaves PROVE_WORK/NAME.gguf, in Q4_K_M.
make_cuda_model() {
    convert_ours "converting $2" "$1" Q4_K_M && mv "$PROVE_WORK/ours/gguf/$2-q4_k_m.gguf" "$PROVE_WORK/$2.gguf" ||
        give_up "$2 could not be converted; see $PROVE_LOG"
}
