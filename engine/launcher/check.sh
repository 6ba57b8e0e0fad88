#!/usr/bin/env bash
# Checks of the launcher that need neither network nor a build: what it says and its exit code when things are missing.
set -u
ROOT=$(cd -P "$(dirname "$0")/../.." && pwd -P)
work=$(mktemp -d "${TMPDIR:-/tmp}/lab-launcher.XXXXXX")
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
unset LAB_ENGINE_PREFIX LAB_ENGINE_ARCHIVE LAB_CUDA LAB_CUDA_ARCHITECTURES CUDACXX CUDA_HOME CUDA_PATH
export LAB_CACHE=$work/cache

# expect NAME STATUS TEXT COMMAND...: the command ends with STATUS, or `any`, and its output contains TEXT.
expect() {
    local name=$1 status=$2 text=$3 output found=0
    shift 3
    output=$("$@" 2>&1 </dev/null) || found=$?
    [ "$status" != any ] || status=$found
    if [ "$found" -eq "$status" ] && case "$output" in *"$text"*) true ;; *) false ;; esac then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s: exit status %s, wanted %s with "%s"; output:\n%s\n' "$name" "$found" "$status" "$text" "$output"
    fi
}

# A machine with the usual small tools and nothing to build with.
mkdir -p "$work/bin" "$work/engine/include" "$work/engine/lib"
for tool in bash env cat cp cut date df dirname basename find getconf grep head id ln ls mkdir mktemp mv readlink rm \
    sed sha256sum shasum sleep sort tail tar tr uname awk flock python3; do
    path=$(command -v "$tool") && ln -s "$path" "$work/bin/$tool"
done
printf '#!/bin/sh\necho "Swift version 6.1.2"\n' >"$work/bin/swift"
printf '#!/bin/sh\nexit 1\n' >"$work/bin/apt-get"
chmod +x "$work/bin/swift" "$work/bin/apt-get"
bare() { env PATH="$work/bin" HOME="$work" LAB_NO_INSTALL=1 "$@"; }

expect "missing packages are named, with the command that installs them" 4 "cmake" bare "$ROOT/lab" engine
expect "what is missing is named before anything is built" 4 "missing" bare "$ROOT/lab" suites
expect "so are they for the program that fuzzes" 4 "missing" bare "$ROOT/lab" fuzz
expect "the doctor reports what is missing and builds nothing" 4 "not built" bare "$ROOT/lab" doctor
expect "the doctor names the toolchain it found" 4 "6.1.2" bare "$ROOT/lab" doctor

if [ "$(uname -s)" = Linux ]; then
    expect "the doctor names the optional package and how to get it" 4 "install -y --no-install-recommends bubblewrap" \
        bare "$ROOT/lab" doctor
    # Here apt-get fails, or nobody may install.
    offer='. "$1/engine/launcher/say.sh"; . "$1/engine/launcher/toolchain.sh"; CACHE=$2/optional; offer_packages'
    expect "what is optional and cannot be installed stops nothing" 0 "went on" bare env LAB_NO_INSTALL= \
        bash -c "$offer; echo went on" - "$ROOT" "$work"
    expect "and is tried once" 0 "silent: ." bare env LAB_NO_INSTALL= \
        bash -c "$offer >\"\$2/said\" 2>&1; echo \"silent: \$(cat \"\$2/said\").\"" - "$ROOT" "$work"
fi

touch "$work/engine/include/llama.h" "$work/engine/lib/libllama.so"
expect "an engine prefix that is not whole is refused by what it lacks" 4 "include/ggml.h" \
    env LAB_ENGINE_PREFIX="$work/engine" "$ROOT/lab" suites
expect "the doctor says the same of it" 4 "include/ggml.h" env LAB_ENGINE_PREFIX="$work/engine" "$ROOT/lab" doctor

if command -v cmake >/dev/null && command -v c++ >/dev/null; then
    echo "not the engine" >"$work/archive.tar.gz"
    expect "an archive with another digest is not built" 4 "nothing was built" \
        env LAB_ENGINE_ARCHIVE="$work/archive.tar.gz" "$ROOT/lab" engine
fi
expect "MLX for a device that there is none of is bad usage" 2 "none of cpu, cuda and metal" \
    env LAB_MLX=abacus "$ROOT/lab" engine mlx
printf '#!/bin/sh\nexit 1\n' >"$work/bin/old-python" && chmod +x "$work/bin/old-python"
rm "$work/bin/python3"
expect "a Python that is too old for mlx-lm is named as what is missing" 4 "no Python 3.11" \
    bare env LAB_PYTHON=old-python "$ROOT/lab" engine mlx
if python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    mkdir "$work/wheels"
    for attempt in first second; do
        expect "mlx-lm without network: what to bring is said, and half an environment is none, $attempt" 4 \
            "bring the wheels" env LAB_MLX=cpu PIP_NO_INDEX=1 PIP_FIND_LINKS="$work/wheels" "$ROOT/lab" engine mlx
    done
fi
ln -s "$(command -v python3)" "$work/bin/python3"
expect "an unknown peer is bad usage" 2 "usage" "$ROOT/lab" engine something
expect "help needs no build" 0 "run SUITE" env LAB_CACHE="$work/cache" "$ROOT/lab" --help
expect "a cache that cannot be made is named" 4 "$work/archive-in-the-way" \
    bash -c 'touch "$1"; LAB_CACHE=$1/cache "$2" engine' - "$work/archive-in-the-way" "$ROOT/lab"

# The CUDA module, with an engine and commands that are not real: nothing is compiled.
if [ "$(uname -s)" = Linux ]; then
    # shellcheck source=/dev/null
    . "$ROOT/engine/launcher/check_cuda.sh"
fi

# The lock without flock, as on macOS: an owner that is gone does not block.
rm -f "$work/bin/flock"
mkdir -p "$work/locks/x.d"
echo 999999999 >"$work/locks/x.d/owner"
expect "a lock whose owner is gone is taken over" 0 "taken" bare bash -c '
    . "$1/engine/launcher/say.sh"; lock "$2/locks/x" checking && echo taken && unlock' - "$ROOT" "$work"
expect "a failing step keeps the exit status and shows the log" 7 "last words" bash -c '
    . "$1/engine/launcher/say.sh"; step failing "$2/step.log" sh -c "echo last words; exit 7"' - "$ROOT" "$work"

echo "launcher: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
