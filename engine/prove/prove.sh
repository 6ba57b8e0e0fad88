# `./lab prove`: runs the pinned tree's own tools and the lab side by side on this machine. Sourced by ./lab.

PROVE_PYTHON=""
PROVE_RECIPES=${LAB_PROVE_RECIPES:-Q4_K_M Q3_K_M Q6_K Q2_K}
PROVE_LOG=$CACHE/logs/prove.log
PROVE_TRANSFORMERS=4.57.6
PROVE_GGUF=0.19.0
# A function that gets the peer's file and the lab's after each comparison of the two.
PROVE_AFTER_RECIPE=:
PEER_DIGESTS=$ROOT/fixtures/peers
PROVE_PARTS="conversion architectures smollm2 recipes perplexity fidelity imatrix mlx models portability arm64 sequential defects ci reports hub serve cuda"
for prove_part in architectures smollm2 fidelity imatrix mlx models portability arm64/arm64 sequential defects ci reports hub serve cuda; do
    # shellcheck source=/dev/null
    . "$ROOT/engine/prove/$prove_part.sh"
done

prove() {
    local what=${1:-all} part status=0
    case " $PROVE_PARTS all " in
    *" $what "*) ;;
    *)
        echo "usage: ./lab prove [conversion [MODEL] | recipes [MODEL...] | architectures | smollm2 | perplexity |
       fidelity [perplexity] | imatrix | mlx | models | portability | arm64 | sequential [record ...] | defects | ci |
       reports [--shots DIR] | hub [faults|caches] [--cases N] [--seconds S] |
       serve [quick | client | load | evaluation] | cuda [--parts NAME,...] | all]
(models of conversion: pajama-tiny, qwen3-0.6b-random; of recipes: the files in fixtures/peers/recipes)" >&2
        exit 2
        ;;
    esac
    [ $# -eq 0 ] || shift
    if [ "$what" != all ]; then prove_part "$what" "$@"; fi
    for part in $PROVE_PARTS; do (prove_part "$part") || status=1; done
    exit "$status"
}

# prove_part PART ARGUMENT...: provides what a part needs and ends with its result.
prove_part() {
    local part=$1
    shift
    case "$part" in
    mlx | portability | arm64 | sequential | defects | ci | reports | hub | serve | cuda) ;;
    *)
        [ "$PREFIX" = "$(default_engine_link)" ] ||
            give_up "the comparisons need the pinned engine's source tree" "unset LAB_ENGINE_PREFIX"
        require_packages engine
        set_engine_paths
        fetch_engine
        ;;
    esac
    case "$part" in
    conversion | architectures | smollm2 | perplexity | fidelity | models)
        provide_peers llama-quantize llama-perplexity
        provide_prove_python
        provide_build
        export LAB_ENGINE_PREFIX=$PREFIX
        make_prove_work
        ;;
    esac
    "prove_$part" "$@"
    exit
}

# A folder for the comparisons, removed when they end.
make_prove_work() {
    PROVE_WORK=$(mktemp -d "${TMPDIR:-/tmp}/lab-prove.XXXXXX") || give_up "cannot make a temporary folder"
    trap 'rm -rf "$PROVE_WORK"' EXIT
}

# prove_recipes [MODEL]...: which type llama-quantize gives to each tensor of known models, then the lab's tests of it.
prove_recipes() {
    provide_peers llama-quantize
    lab_python "$ROOT/engine/prove/recipe_types.py" "$PREFIX/bin/llama-quantize" "$PEER_DIGESTS/recipes" "$PIN_BUILD" \
        "$@" || return 1
    (run_tests --filter RecipeGoldenTests)
}

# A virtual environment with what convert_hf_to_gguf.py imports; the marker says that it is whole.
provide_prove_python() {
    # The pins are in the name: another pin is another environment.
    local folder=$CACHE/venv/prove-$PROVE_TRANSFORMERS
    PROVE_PYTHON=$folder/bin/python
    [ ! -e "$folder/complete" ] || return 0
    lab_python -c 'import ensurepip, venv' 2>/dev/null ||
        give_up "Python's venv is missing" "run: $(install_command python3-venv)"
    rm -rf "$folder"
    step "making a Python environment" "$PROVE_LOG" lab_python -m venv "$folder" || give_up "no Python environment"
    step "installing torch (CPU)" "$PROVE_LOG" "$PROVE_PYTHON" -m pip install "torch==2.13.0+cpu" ||
        step "installing torch" "$PROVE_LOG" "$PROVE_PYTHON" -m pip install "torch==2.13.0" || give_up "torch could not be installed"
    step "installing the converter's other packages" "$PROVE_LOG" "$PROVE_PYTHON" -m pip install \
        "transformers==$PROVE_TRANSFORMERS" "numpy~=2.2.6" "sentencepiece>=0.1.98,<0.3.0" "protobuf>=4.21.0,<5.0.0" safetensors pyyaml requests ||
        give_up "the converter's packages could not be installed"
    touch "$folder/complete"
}

# write_random_checkpoint SIZE CHECKPOINT [PYTHON]: one with the shapes of a published size, and random weights.
write_random_checkpoint() {
    step "writing a random checkpoint with $1's shapes" "$PROVE_LOG" "${3:-$PROVE_PYTHON}" \
        "$ROOT/engine/prove/random_checkpoint.py" "${LAB_DATA:-$ROOT/../shared/data}/qwen3" "$1" "$2"
}

prove_conversion() {
    local only=${1:-} status=0 data=${LAB_DATA:-$ROOT/../shared/data}
    mkdir -p "$PEER_DIGESTS"
    if [ -z "$only" ] || [ "$only" = pajama-tiny ]; then
        if [ -e "$ROOT/fixtures/pajama-tiny/model.safetensors" ]; then
            compare_conversion "$ROOT/fixtures/pajama-tiny" pajama-tiny qwen2 || status=1
        else
            say "skipped: fixtures/pajama-tiny has no model.safetensors" && status=1
        fi
    fi
    if [ -z "$only" ] || [ "$only" = qwen3-0.6b-random ]; then
        if [ -e "$data/qwen3/tokenizer.json" ]; then
            write_random_checkpoint Qwen3-0.6B "$PROVE_WORK/qwen3-0.6b-random" &&
                compare_conversion "$PROVE_WORK/qwen3-0.6b-random" qwen3-0.6b-random "" || status=1
        else
            say "skipped: no Qwen3 tokenizer at $data/qwen3; set LAB_DATA to a folder with qwen3/tokenizer.json and configs/"
            status=1
        fi
    fi
    return "$status"
}

# compare_conversion CHECKPOINT NAME PRE: BF16 by the converter, each recipe by llama-quantize, the same by the lab.
# PRE replaces the converter's own lookup of the pre-tokenizer, which knows only published vocabularies.
compare_conversion() {
    local checkpoint=$1 name=$2 pre=$3 status=0 recipe command
    local parent=$PROVE_WORK/$name-BF16.gguf candidate
    command="convert_hf_to_gguf.py --outtype bf16${pre:+ (get_vocab_base_pre overridden to $pre)}"
    step "$name BF16, convert_hf_to_gguf.py" "$PROVE_LOG" "$PROVE_PYTHON" "$ROOT/engine/prove/convert_peer.py" \
        "$ENGINE_SOURCE" "$pre" "$checkpoint" --outtype bf16 --outfile "$parent" || return 1
    compare_with_ours "$checkpoint" "$name" BF16 "$parent" "$command" || status=1
    for recipe in $PROVE_RECIPES; do
        candidate=$PROVE_WORK/$name-$recipe.gguf
        step "$name $recipe, llama-quantize" "$PROVE_LOG" "$PREFIX/bin/llama-quantize" \
            "$parent" "$candidate" "$recipe" "$(build_jobs)" || return 1
        compare_with_ours "$checkpoint" "$name" "$recipe" "$candidate" \
            "$command, then llama-quantize $recipe" || status=1
        rm -f "$candidate"
    done
    rm -f "$parent"
    return "$status"
}

compare_with_ours() {
    local checkpoint=$1 name=$2 recipe=$3 peer=$4 command=$5 ours
    "$PROVE_PYTHON" "$ROOT/engine/prove/digest_gguf.py" "$peer" "$PROVE_WORK/peer.json" \
        tool="llama.cpp $PIN_BUILD" command="$command" checkpoint="$name" recipe="$recipe" || return 1
    mv "$PROVE_WORK/peer.json" "$PEER_DIGESTS/$name-$recipe.json"
    convert_ours "$name $recipe, the lab" "$checkpoint" "$recipe" || return 1
    ours=$PROVE_WORK/ours/gguf/$name-$(echo "$recipe" | tr 'A-Z' 'a-z').gguf
    "$PROVE_PYTHON" "$ROOT/engine/prove/digest_gguf.py" "$ours" "$PROVE_WORK/ours.json" || return 1
    printf '%s %s: ' "$name" "$recipe"
    "$PROVE_PYTHON" "$ROOT/engine/prove/compare_digests.py" "$PEER_DIGESTS/$name-$recipe.json" "$PROVE_WORK/ours.json" ||
        return 1
    "$PROVE_AFTER_RECIPE" "$peer" "$ours"
}

# convert_ours TITLE CHECKPOINT RECIPE: leaves PROVE_WORK/ours/gguf/NAME-RECIPE.gguf, in small letters.
convert_ours() {
    rm -rf "$PROVE_WORK/ours"
    step "$1" "$PROVE_LOG" "$ROOT/.build/release/llama-pajamas-quant" convert --model "$2" --precision "$3" \
        --output "$PROVE_WORK/ours"
}

prove_perplexity() {
    local checkpoint=$ROOT/fixtures/pajama-tiny text recipe artifact status=0
    text=${LAB_PROVE_TEXT:-$checkpoint/heldout/text.txt}
    [ -r "$text" ] || give_up "the held-out text $text is not there" "name one with LAB_PROVE_TEXT=FILE"
    [ -e "$checkpoint/model.safetensors" ] || give_up "fixtures/pajama-tiny has no model.safetensors"
    for recipe in BF16 Q4_K_M; do
        convert_ours "pajama-tiny $recipe" "$checkpoint" "$recipe" || return 1
        artifact=$PROVE_WORK/ours/gguf/pajama-tiny-$(echo "$recipe" | tr 'A-Z' 'a-z').gguf
        printf 'pajama-tiny %s: ' "$recipe"
        "$PROVE_PYTHON" "$ROOT/engine/prove/compare_perplexity.py" --peer "$PREFIX/bin/llama-perplexity" \
            --lab "$ROOT/.build/release/lab" --artifact "$artifact" --text "$text" || status=1
    done
    return "$status"
}
