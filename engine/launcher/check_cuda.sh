# Checks of the launcher's CUDA part. Sourced by check.sh.

# The doctor ends with 4 where the lab is not built yet, and with 0 where it is: its words count here.
# shellcheck disable=SC2154
cuda_machine=$work/cuda
mkdir -p "$cuda_machine/bin" "$cuda_machine/toolkit/bin" "$cuda_machine/toolkit/lib64"
touch "$cuda_machine/toolkit/lib64/libcudart.so.13" "$cuda_machine/toolkit/lib64/libcublas.so.13"
ln -s "$cuda_machine/toolkit/bin/nvcc" "$cuda_machine/bin/nvcc"

fake_command() { cat >"$cuda_machine/$1" && chmod +x "$cuda_machine/$1"; }

fake_command toolkit/bin/nvcc <<'SCRIPT'
#!/bin/sh
echo "Cuda compilation tools, release 13.0, V${FAKE_NVCC_VERSION:-13.0.88}"
SCRIPT
fake_command bin/nvidia-smi <<'SCRIPT'
#!/bin/sh
[ -z "${FAKE_NO_DEVICE:-}" ] || { echo "No devices were found"; exit 6; }
case "$*" in
*=compute_cap*) printf '9.0\n8.9\n8.9\n' ;;
*=name,*) echo "NVIDIA Some GPU, 8.9, 24564 MiB, 580.95" ;;
esac
SCRIPT
fake_command bin/cmake <<'SCRIPT'
#!/bin/sh
echo "$*" >>"$LAB_CACHE/cmake.txt"
case "$1" in
-S) exit "${FAKE_CMAKE_STATUS:-0}" ;;
--build) mkdir -p "$2/bin" && echo module >"$2/bin/libggml-cuda.so" ;;
esac
SCRIPT
fake_command bin/c++ <<'SCRIPT'
#!/bin/sh
case "$1" in --version) echo gcc ;; -dumpfullversion) echo 12.2.0 ;; esac
SCRIPT
# Its pip installs a toolkit in which the links are missing, as in the real one.
fake_command bin/python <<'SCRIPT'
#!/bin/sh
[ "$1 $2" = "-m pip" ] || exec python3 "$@"
[ "$3" = install ] || exit 0
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/nvidia/cu13/bin" "$2/nvidia/cu13/lib"
touch "$2/nvidia/cu13/lib/libcudart.so.13" "$2/nvidia/cu13/lib/libcublasLt.so.13"
cp "$(dirname "$0")/../toolkit/bin/nvcc" "$2/nvidia/cu13/bin/"
SCRIPT
printf '#!/bin/sh\n' | fake_command bin/ninja

on_cuda_machine() {
    env -u CXX -u LD_LIBRARY_PATH PATH="$cuda_machine/bin:$PATH" LAB_PYTHON="$cuda_machine/bin/python" LAB_NO_INSTALL=1 "$@"
}

# cuda_cache NAME: a cache with an engine in place for that machine; leaves LAB_CACHE and cuda_engine.
cuda_cache() {
    export LAB_CACHE=$work/$1
    # shellcheck disable=SC2016
    cuda_engine=$(on_cuda_machine bash -c '
        CACHE=$LAB_CACHE ROOT=$1
        for part in say toolchain engine; do . "$ROOT/engine/launcher/$part.sh"; done
        read_pin && describe_engine && set_engine_paths &&
            mkdir -p "$ENGINE_DIRECTORY/lib" "$ENGINE_DIRECTORY/bin" "$ENGINE_SOURCE" &&
            touch "$ENGINE_DIRECTORY/engine.json" "$ENGINE_SOURCE/CMakeLists.txt" &&
            printf "%s" "$ENGINE_KEY_TEXT" >"$ENGINE_DIRECTORY/key.txt" &&
            ln -s "$(basename "$ENGINE_DIRECTORY")" "$CACHE/engine/$PIN_BUILD" && echo "$ENGINE_DIRECTORY"' - "$ROOT")
}

# cmake_calls N COMMAND...: the command, and whether it called cmake so often.
cmake_calls() {
    local wanted=$1 found
    shift
    rm -f "$LAB_CACHE/cmake.txt"
    "$@" || return
    found=$(wc -l 2>/dev/null <"$LAB_CACHE/cmake.txt" || echo 0)
    echo "cmake was called $((found)) times"
    [ "$((found))" -eq "$wanted" ]
}

cuda_cache cuda-asked
expect "CUDA needs to know for which devices" 4 "LAB_CUDA_ARCHITECTURES" \
    on_cuda_machine FAKE_NO_DEVICE=1 "$ROOT/lab" engine cuda
expect "architectures that are none are refused" 4 "no list of architectures" \
    on_cuda_machine LAB_CUDA_ARCHITECTURES="8.9" "$ROOT/lab" engine cuda
expect "an engine of the user's own gets no module" 4 "stays as it is" \
    on_cuda_machine LAB_ENGINE_PREFIX="$work/engine" "$ROOT/lab" engine cuda
expect "an unknown option is bad usage" 2 "usage" on_cuda_machine "$ROOT/lab" engine cuda --fast
expect "a module that cannot be built is an error when it was asked for" 4 "could not be built" \
    on_cuda_machine FAKE_CMAKE_STATUS=1 "$ROOT/lab" engine cuda
expect "the module is built for the devices" 0 "built for sm_89, sm_90 (nvcc 13.0.88)" \
    cmake_calls 2 on_cuda_machine "$ROOT/lab" engine cuda
expect "its options say so" 0 "-DCMAKE_CUDA_ARCHITECTURES=89;90 -DGGML_CUDA=ON -DGGML_CUDA_NO_VMM=ON" \
    cat "$LAB_CACHE/cmake.txt"
expect "it is found beside the engine's programs" 0 "module" cat "$cuda_engine/bin/libggml-cuda.so"
expect "its libraries lie beside it" 0 "$cuda_machine/toolkit/lib64/libcudart.so.13" \
    readlink "$cuda_engine/lib/libcudart.so.13"
expect "what it was made of is recorded" 0 '"architectures": ["89", "90"]' \
    python3 -c 'import json, sys; print(json.dumps(json.load(open(sys.argv[1]))))' "$cuda_engine/cuda.json"
expect "it is built once" 0 "built for sm_89, sm_90" cmake_calls 0 on_cuda_machine "$ROOT/lab" engine cuda
expect "and again for other devices" 0 "built for sm_75 (nvcc" \
    cmake_calls 2 on_cuda_machine LAB_CUDA_ARCHITECTURES=75 "$ROOT/lab" engine cuda
expect "and with another compiler" 0 "built for sm_89, sm_90 (nvcc 13.1.2)" \
    cmake_calls 2 on_cuda_machine FAKE_NVCC_VERSION=13.1.2 "$ROOT/lab" engine cuda
expect "the doctor says what it was built for" any "module built for sm_89, sm_90 (nvcc 13.1.2)" \
    on_cuda_machine "$ROOT/lab" doctor

expect "the toolkit from PyPI is used on request" 0 "built for sm_89 (nvcc 13.0.88)" \
    cmake_calls 2 on_cuda_machine LAB_CUDA_ARCHITECTURES=89 "$ROOT/lab" engine cuda --toolkit
expect "it gets the links that the linker looks for" 0 "" \
    test -e "$LAB_CACHE/cuda/toolkit-13.0/nvidia/cu13/lib64/libcublasLt.so"
expect "the module's links to its libraries stay within the cache" 0 "../../../cuda/toolkit-13.0/nvidia/cu13/lib/libcudart" \
    readlink "$cuda_engine/lib/libcudart.so.13"
expect "and lead there" 0 "" test -e "$cuda_engine/lib/libcublasLt.so.13"
expect "links to another toolkit are gone" 1 "" test -L "$cuda_engine/lib/libcublas.so.13"

cuda_cache cuda-found
expect "the module can be declined" 0 "engine: " cmake_calls 0 on_cuda_machine LAB_CUDA=off "$ROOT/lab" engine
expect "without a device none is built unasked" 0 "engine: " \
    cmake_calls 0 on_cuda_machine FAKE_NO_DEVICE=1 "$ROOT/lab" engine
expect "the doctor says how to get it" any "not built: ./lab engine cuda builds it with $cuda_machine/bin/nvcc" \
    on_cuda_machine "$ROOT/lab" doctor
expect "a module that nobody asked for may fail" 0 "going on without the CUDA module" \
    cmake_calls 1 on_cuda_machine FAKE_CMAKE_STATUS=1 "$ROOT/lab" engine
expect "and is not tried at every start" 0 "engine: " cmake_calls 0 on_cuda_machine "$ROOT/lab" engine
expect "the doctor says that it failed" any "failed" on_cuda_machine "$ROOT/lab" doctor
rm "$cuda_engine/cuda-failed.txt"
expect "where a device and a compiler are, the module is a part of the engine" 0 "LAB_CUDA=off" \
    cmake_calls 2 on_cuda_machine "$ROOT/lab" engine
expect "then the next start does nothing" 0 "engine: " cmake_calls 0 on_cuda_machine "$ROOT/lab" engine

mkdir "$cuda_machine/driver"
touch "$cuda_machine/driver/libcuda.so.1"
expect "the doctor names the devices" any "NVIDIA Some GPU (compute capability 8.9, 24564 MiB, driver 580.95)" \
    on_cuda_machine LD_LIBRARY_PATH="$cuda_machine/driver" "$ROOT/lab" doctor
expect "and says why there is none" any "no CUDA device: nvidia-smi says: No devices were found" \
    on_cuda_machine LD_LIBRARY_PATH="$cuda_machine/driver" FAKE_NO_DEVICE=1 "$ROOT/lab" doctor
# A driver that is really there cannot be hidden.
if ! { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null | grep libcuda.so.1 >/dev/null; then
    expect "and that there is no driver" any "cuda device         no CUDA device: driver not found" \
        on_cuda_machine "$ROOT/lab" doctor
fi
export LAB_CACHE=$work/cache
if [ ! -x /usr/local/cuda/bin/nvcc ]; then
    expect "without a compiler the doctor names the way to get one" 4 \
        "not built: no nvcc found; ./lab engine cuda --toolkit gets one from PyPI" bare "$ROOT/lab" doctor
fi
