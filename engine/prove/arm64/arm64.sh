# `./lab prove arm64`: the kernels compiled for arm64 give the bytes of the engine's functions on x86-64. Sourced by
# prove.sh.
#
# The kernels use nothing of Swift's runtime: as Embedded Swift they need no toolchain for the other processor, only a
# C library for it.

prove_arm64() {
    [ "$(uname -m)" = x86_64 ] || { say "skipped: an x86-64 machine is needed, this one is $(uname -m)"; return 1; }
    command -v qemu-aarch64 >/dev/null ||
        give_up "qemu-aarch64 is missing" "run: $(install_command qemu-user)"
    [ -e /usr/aarch64-linux-gnu/lib/libc.a ] ||
        give_up "the C library for arm64 is missing" "run: $(install_command gcc-aarch64-linux-gnu libc6-dev-arm64-cross)"
    require_swift
    make_prove_work
    local folder=$ROOT/engine/prove/arm64 clang
    clang=$(dirname "$(readlink -f "$(command -v "$SWIFT")")")/clang
    step "compiling the kernels for arm64" "$PROVE_LOG" "$(dirname "$clang")/swiftc" -target aarch64-none-none-elf \
        -enable-experimental-feature Embedded -wmo -parse-as-library -Ounchecked -Xcc -fno-math-errno -Xcc -fPIC \
        -module-name Kernels "$ROOT"/Sources/BlockKernels/*.swift "$folder/entry.swift" \
        -c -o "$PROVE_WORK/kernels.o" || return 1
    # The toolchain's own linker: GNU's refuses the visibility that Embedded Swift gives to symbols.
    "$clang" --target=aarch64-linux-gnu -O2 -static -fuse-ld=lld "$folder/digests.c" "$PROVE_WORK/kernels.o" \
        -o "$PROVE_WORK/kernels" -lm || return 1
    "$clang" -O2 -DENGINE -I"$PREFIX/include" "$folder/digests.c" -L"$PREFIX/lib" -Wl,-rpath,"$PREFIX/lib" \
        -lggml-base -o "$PROVE_WORK/engine" || return 1
    "$PROVE_WORK/engine" >"$PROVE_WORK/x86-64" && qemu-aarch64 "$PROVE_WORK/kernels" >"$PROVE_WORK/arm64" || return 1
    diff "$PROVE_WORK/x86-64" "$PROVE_WORK/arm64" || return 1
    sed 's/$/, the same on both/' "$PROVE_WORK/arm64"
}
