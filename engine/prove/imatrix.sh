# `./lab prove imatrix`: importance matrices beside llama-imatrix, and artifacts made with them beside llama-quantize.
# Sourced by prove.sh.

IMATRIX_RECIPES="Q4_K_M Q3_K_M Q6_K Q2_K Q2_K_S Q4_0 Q4_1 Q5_0 Q5_1 Q5_K_M IQ1_S IQ1_M IQ2_XXS IQ2_XS IQ2_S IQ2_M \
IQ3_XXS IQ3_XS IQ3_S IQ4_NL IQ4_XS"

prove_imatrix() {
    local model=$ROOT/fixtures/pajama-tiny matrix status=0 recipe name
    provide_peers llama-imatrix llama-quantize
    provide_build
    make_prove_work
    local ours=$PROVE_WORK/ours peer=$PROVE_WORK/peer program=$ROOT/.build/release/llama-pajamas-quant
    matrix=$PROVE_WORK/pajama-tiny-imatrix.gguf
    export LAB_ENGINE_PREFIX=$PREFIX LAB_STORE=$PROVE_WORK/store LD_LIBRARY_PATH=$PREFIX/lib
    mkdir -p "$peer"
    step "calibrating pajama-tiny" "$PROVE_LOG" "$program" convert --model "$model" --output "$ours" --precision bf16,q4_k_m \
        --calibration-data "$model/heldout/calibration.txt" --threads 2 || return 1
    # Named without a folder: the file repeats the name. The same windows, batch and threads as the lab's.
    (cd "$model/heldout" && step "calibrating with llama-imatrix" "$PROVE_LOG" "$PREFIX/bin/llama-imatrix" \
        -m "$ours/gguf/pajama-tiny-bf16.gguf" -f calibration.txt -o "$peer/imatrix.gguf" -c 512 -b 512 -t 2 --no-ppl) ||
        return 1
    lab_python "$ROOT/engine/prove/compare_imatrix.py" "$peer/imatrix.gguf" "$ours/gguf/pajama-tiny-imatrix.gguf" ||
        status=1
    mv "$peer/imatrix.gguf" "$matrix" || return 1
    cd "$PROVE_WORK" || return 1
    : >"$PROVE_WORK/digests"
    for recipe in $IMATRIX_RECIPES; do
        name=$(echo "$recipe" | tr 'A-Z' 'a-z')
        step "llama-quantize --imatrix, $recipe" "$PROVE_LOG" "$PREFIX/bin/llama-quantize" \
            --imatrix "$(basename "$matrix")" "$ours/gguf/pajama-tiny-bf16.gguf" "$peer/$name.gguf" "$recipe" 2 || return 1
        step "the lab, $recipe" "$PROVE_LOG" "$program" convert --model "$model" --output "$ours" --precision "$recipe" \
            --imatrix "$(basename "$matrix")" --threads 2 || return 1
        if cmp "$peer/$name.gguf" "$ours/gguf/pajama-tiny-$name-imatrix.gguf"; then
            echo "$recipe with the matrix: identical"
        else
            status=1
        fi
        echo "$recipe $(sha256_of "$peer/$name.gguf")" >>"$PROVE_WORK/digests"
    done
    [ "$status" -eq 0 ] || { say "the records in fixtures/peers are left as they were" && return 1; }
    cp "$matrix" "$PEER_DIGESTS" || return 1
    lab_python - "$PROVE_WORK/digests" "$PEER_DIGESTS/pajama-tiny-imatrix.json" "$PIN_BUILD" <<'PYTHON' || return 1
import json, sys
digests = dict(line.split() for line in open(sys.argv[1], encoding="utf-8"))
provenance = {"made_by": "./lab prove imatrix", "engine": sys.argv[3], "tools": ["llama-imatrix", "llama-quantize"]}
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump({"provenance": provenance, "sha256": digests}, file, indent=1)
    file.write("\n")
PYTHON
}
