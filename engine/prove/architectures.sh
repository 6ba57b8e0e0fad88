# `./lab prove architectures`: every supported family, converted by llama.cpp's tools and by the lab. Sourced by prove.sh.

# The tests write the checkpoints, llama.cpp's tools convert them, the tests compare what they make with the records.
prove_architectures() {
    local records=$PEER_DIGESTS/architectures work=$PROVE_WORK/architectures name pre recipes status=0
    mkdir -p "$records" "$work"
    (export LAB_WRITE_ARCHITECTURES=$work && run_tests --filter ArchitectureGoldenTests/write) || return 1
    [ -s "$work/cases" ] || give_up "the tests wrote no checkpoints" "look at the lines above"
    step "holding the checkpoints against transformers' classes" "$PROVE_LOG" "$PROVE_PYTHON" \
        "$ROOT/engine/prove/check_checkpoint.py" "$work"/*/ || return 1
    while read -r name pre recipes; do
        record_architecture "$work/$name" "${pre#-}" "$recipes" </dev/null || status=1
    done <"$work/cases"
    [ "$status" = 0 ] || return 1
    (run_tests --filter ArchitectureGoldenTests) || return 1
    prove_byte_fallback "$work/Llama-2-Small-Chat"
}

# prove_byte_fallback CHECKPOINT: without tokenizer.model the lab differs from the converter on purpose. The same
# weights have the perplexity that they have with tokenizer.model only if the engine finds the same tokens.
prove_byte_fallback() {
    local text=$ROOT/fixtures/pajama-tiny/heldout/text.txt fast=$PROVE_WORK/llama-2-fast folder file values=""
    cp -R "$1" "$fast" && rm "$fast/tokenizer.model" || return 1
    for folder in "$1" "$fast"; do
        step "${folder##*/} F16, convert_hf_to_gguf.py" "$PROVE_LOG" "$PROVE_PYTHON" "$ROOT/engine/prove/convert_peer.py" \
            "$ENGINE_SOURCE" "" "$folder" --outtype f16 --outfile "$PROVE_WORK/${folder##*/}.gguf" || return 1
    done
    convert_ours "llama-2-fast F16, the lab" "$fast" F16 || return 1
    for file in "$PROVE_WORK/${1##*/}.gguf" "$PROVE_WORK/ours/gguf/llama-2-fast-f16.gguf" "$PROVE_WORK/llama-2-fast.gguf"; do
        values="$values $("$ROOT/.build/release/lab" perplexity --artifact "$file" --text "$text" | "$PROVE_PYTHON" -c \
            'import json, sys; answer = json.load(sys.stdin); print(answer["perplexity"], answer["chunks"])')"
    done
    # shellcheck disable=SC2086
    set -- $values
    [ $# = 6 ] || { say "the perplexity could not be computed" && return 1; }
    echo "random weights, SentencePiece vocabulary: perplexity $1 on $2 windows with tokenizer.model; from tokenizer.json"
    echo "alone $3 on $4 windows by the lab, $5 on $6 windows by convert_hf_to_gguf.py"
    [ "$1 $2" = "$3 $4" ]
}

# record_architecture CHECKPOINT PRE RECIPE,...: float recipes by the converter, others by llama-quantize from BF16.
record_architecture() {
    local checkpoint=$1 name=${1##*/} pre=$2 recipe peer command
    for recipe in $(echo "$3" | tr ',' ' '); do
        peer=$PROVE_WORK/$name-$recipe.gguf
        case "$recipe" in
        BF16 | F16 | F32)
            command="convert_hf_to_gguf.py --outtype $recipe${pre:+ (get_vocab_base_pre overridden to $pre)}"
            step "$name $recipe, convert_hf_to_gguf.py" "$PROVE_LOG" "$PROVE_PYTHON" \
                "$ROOT/engine/prove/convert_peer.py" "$ENGINE_SOURCE" "$pre" "$checkpoint" \
                --outtype "$(echo "$recipe" | tr 'A-Z' 'a-z')" --outfile "$peer" || return 1
            ;;
        *)
            command="convert_hf_to_gguf.py --outtype bf16, then llama-quantize $recipe"
            step "$name $recipe, llama-quantize" "$PROVE_LOG" "$PREFIX/bin/llama-quantize" \
                "$PROVE_WORK/$name-BF16.gguf" "$peer" "$recipe" "$(build_jobs)" || return 1
            ;;
        esac
        "$PROVE_PYTHON" "$ROOT/engine/prove/digest_gguf.py" "$peer" "$PEER_DIGESTS/architectures/$name-$recipe.json" \
            tool="llama.cpp $PIN_BUILD, transformers $PROVE_TRANSFORMERS" command="$command" checkpoint="$name" \
            recipe="$recipe" made_by="./lab prove architectures" || return 1
    done
    rm -f "$PROVE_WORK/$name"-*.gguf
}
