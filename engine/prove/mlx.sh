# `./lab prove mlx`: mlx-lm converts the same checkpoints, and loads what the lab made. Sourced by prove.sh.

MLX_DIGESTS=$PEER_DIGESTS/mlx
# NAME | options of the lab | settings of mlx_peer.py; what is measured on the embedded model and kept in the fixtures.
MLX_CASES='
4bit|--precision 4bit|{"bits": 4, "tables": 6}
4bit-aggressive|--precision 4bit --aggressive|{"bits": 4}
8bit|--precision 8bit|{"bits": 8, "group_size": 128}
2bit-g32|--precision 2bit --group-size 32|{"bits": 2, "group_size": 32}
3bit-f32|--precision 3bit --dtype float32|{"bits": 3, "dtype": "float32"}
5bit-g128-f16|--precision 5bit --group-size 128 --dtype float16|{"bits": 5, "group_size": 128, "dtype": "float16"}
6bit|--precision 6bit|{"bits": 6}
mixed_2_6|--precision mixed_2_6|{"recipe": "mixed_2_6"}
mixed_3_4|--precision mixed_3_4|{"recipe": "mixed_3_4"}
mixed_3_6|--precision mixed_3_6 --group-size 32|{"recipe": "mixed_3_6", "group_size": 32}
mixed_4_6|--precision mixed_4_6|{"recipe": "mixed_4_6"}
'

prove_mlx() {
    local name options settings status=0 data=${LAB_DATA:-$ROOT/../shared/data} model=$ROOT/fixtures/pajama-tiny
    provide_mlx
    provide_build
    [ -n "${PROVE_WORK:-}" ] || make_prove_work
    mkdir -p "$MLX_DIGESTS"
    "$MLX_PYTHON" "$ROOT/engine/prove/mlx_codec.py" "$MLX_DIGESTS/codec.json" || return 1
    while IFS='|' read -r name options settings; do
        [ -z "$name" ] || compare_mlx "$model" "$name" "$options" "$settings" "$MLX_DIGESTS/pajama-tiny-$name.json" ||
            status=1
    done <<<"$MLX_CASES"
    step "writing small checkpoints of other architectures" "$PROVE_LOG" "$MLX_PYTHON" \
        "$ROOT/engine/prove/mlx_checkpoints.py" "$model" "$PROVE_WORK" || return 1
    for name in qwen2 llama mistral tied; do
        compare_mlx "$PROVE_WORK/$name" 4bit "--precision 4bit" '{"bits": 4, "tables": 6}' || status=1
        compare_mlx "$PROVE_WORK/$name" mixed_3_6-g32-f16 "--precision mixed_3_6 --group-size 32 --dtype float16" \
            '{"recipe": "mixed_3_6", "group_size": 32, "dtype": "float16"}' || status=1
    done
    if [ -e "$data/qwen3/tokenizer.json" ]; then
        write_random_checkpoint Qwen3-0.6B "$PROVE_WORK/qwen3-0.6b-random" "$MLX_PYTHON" &&
            compare_mlx_tensors "$PROVE_WORK/qwen3-0.6b-random" 4bit "--precision 4bit" '{"bits": 4, "tables": 6}' \
                "$PROVE_WORK/peer.json" || status=1
    else
        say "skipped: no Qwen3 tokenizer at $data/qwen3; set LAB_DATA to a folder with qwen3/tokenizer.json and configs/"
        status=1
    fi
    return "$status"
}

# compare_mlx CHECKPOINT NAME OPTIONS SETTINGS [RECORD]: tensors, config.json, and the texts of both folders.
compare_mlx() {
    local title
    title="$(basename "$1") $2"
    compare_mlx_tensors "$1" "$2" "$3" "$4" "${5:-$PROVE_WORK/peer.json}" || return 1
    step "$title, both loaded by mlx-lm" "$PROVE_WORK/texts.log" "$MLX_PYTHON" "$ROOT/engine/prove/mlx_text.py" \
        "$PROVE_WORK/ours/mlx/"* "$PROVE_WORK/theirs" "Once upon a time" "What is 3 + 4?" || return 1
    printf '%s: ' "$title" && tail -n 1 "$PROVE_WORK/texts.log"
}

# compare_mlx_tensors CHECKPOINT NAME OPTIONS SETTINGS RECORD: leaves both folders in PROVE_WORK.
compare_mlx_tensors() {
    local checkpoint=$1 name=$2 options=$3 settings=$4 record=$5 title
    title="$(basename "$checkpoint") $name"
    rm -rf "$PROVE_WORK/ours" "$PROVE_WORK/theirs"
    step "$title, mlx_lm.convert" "$PROVE_LOG" "$MLX_PYTHON" "$ROOT/engine/prove/mlx_peer.py" \
        "$checkpoint" "$PROVE_WORK/theirs" "$settings" || return 1
    # shellcheck disable=SC2086
    step "$title, the lab" "$PROVE_LOG" "$ROOT/.build/release/llama-pajamas-quant" convert --model "$checkpoint" \
        --output "$PROVE_WORK/ours" --formats mlx $options || return 1
    "$MLX_PYTHON" "$ROOT/engine/prove/digest_mlx.py" "$PROVE_WORK/theirs" "$PROVE_WORK/digests.json" \
        tool="mlx-lm 0.32.2, mlx 0.32.4, CPU" checkpoint="$(basename "$checkpoint")" options="$options" \
        settings="$settings" && mv "$PROVE_WORK/digests.json" "$record" || return 1
    "$MLX_PYTHON" "$ROOT/engine/prove/digest_mlx.py" "$PROVE_WORK/ours/mlx/"* "$PROVE_WORK/ours.json" || return 1
    printf '%s: ' "$title"
    "$MLX_PYTHON" "$ROOT/engine/prove/compare_mlx.py" "$record" "$PROVE_WORK/ours.json"
}
