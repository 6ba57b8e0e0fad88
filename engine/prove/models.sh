# `./lab prove models`: whole models through GGUF and MLX, with and without a matrix. Sourced by prove.sh.

prove_models() {
    local data=${LAB_DATA:-$ROOT/../shared/data} tiny=$ROOT/fixtures/pajama-tiny status=0
    local wiki=$data/wikitext-2-raw
    [ -e "$wiki/wiki.valid.raw" ] && [ -e "$data/qwen3/tokenizer.json" ] ||
        give_up "no WikiText-2 or Qwen3 tokenizer in $data" "set LAB_DATA to a folder with wikitext-2-raw/ and qwen3/"
    export LAB_STORE=$PROVE_WORK/store
    prove_model pajama-tiny --model "$tiny" --calibration "$tiny/heldout/calibration.txt" --windows 39 \
        --text "$tiny/heldout/text.txt" --limit 105 || status=1
    write_smollm2 "$PROVE_WORK/smollm2-135m" || return 1
    prove_model SmolLM2-135M --model "$PROVE_WORK/smollm2-135m" --calibration "$wiki/wiki.valid.raw" --windows 16 \
        --text "$wiki/wiki.test.raw" --limit "${LAB_PROVE_CHUNKS:-12}" || status=1
    write_random_checkpoint Qwen3-0.6B "$PROVE_WORK/random" || return 1
    prove_model Qwen3-0.6B-random --untrained --model "$PROVE_WORK/random" --calibration "$wiki/wiki.valid.raw" \
        --windows 2 --text "$wiki/wiki.test.raw" --limit 1 || status=1
    return "$status"
}

prove_model() {
    local name=$1
    shift
    lab_python "$ROOT/engine/prove/models.py" --programs "$ROOT/.build/release" --work "$PROVE_WORK/models" \
        --name "$name" "$@"
}
