# `./lab prove portability`: a processor without AVX runs the same program and writes the same bytes. Sourced by prove.sh.

prove_portability() {
    [ "$(uname -m)" = x86_64 ] || { say "skipped: an x86-64 machine is needed, this one is $(uname -m)"; return 1; }
    command -v qemu-x86_64 >/dev/null ||
        give_up "qemu-x86_64 is missing" "run: $(install_command qemu-user)"
    provide_build
    bash "$ROOT/engine/prove/isolated_kernels.sh" "$ROOT/.build/release" BlockKernelsAVX2 || return 1
    make_prove_work
    local program=$ROOT/.build/release/llama-pajamas-quant checkpoint=$ROOT/fixtures/pajama-tiny name status=0
    local recipes=q2_k,q3_k_m,q4_0,q4_1,q4_k_m,q5_0,q5_1,q5_k_m,q6_k,q8_0:2bit,3bit,4bit,5bit,6bit,8bit
    local options="--formats gguf,mlx --precision $recipes --threads 1"
    # Nehalem has SSE 4.2; one AVX instruction ends the program.
    # shellcheck disable=SC2086
    step "converting on an emulated Nehalem" "$PROVE_LOG" qemu-x86_64 -cpu Nehalem "$program" convert \
        --model "$checkpoint" --output "$PROVE_WORK/nehalem" $options || return 1
    # shellcheck disable=SC2086
    step "converting on this machine" "$PROVE_LOG" "$program" convert \
        --model "$checkpoint" --output "$PROVE_WORK/here" $options || return 1
    for name in "$PROVE_WORK"/here/gguf/*.gguf "$PROVE_WORK"/here/mlx/*; do
        if diff -r "$name" "$PROVE_WORK/nehalem/${name#"$PROVE_WORK/here/"}"; then
            echo "$(basename "$name"): the same bytes"
        else
            status=1
        fi
    done
    return "$status"
}
