# The engine's CUDA module: built from the same source, on request or where a compiler and a device are found, and put
# beside the engine's other modules. Sourced by ./lab when it is needed; Linux only.

NVCC=""
NVCC_VERSION=""
# The toolkit's folder: bin/nvcc, include/ and libraries.
CUDA_ROOT=""
CUDA_ARCHITECTURES=""
CUDA_KEY_TEXT=""
CUDA_TOOLKIT=$CACHE/cuda/toolkit-13.0
CUDA_TOOLKIT_PACKAGES=("nvidia-cuda-nvcc==13.0.*" "nvidia-cuda-crt==13.0.*" "nvidia-nvvm==13.0.*"
    "nvidia-cuda-runtime==13.0.*" "nvidia-cuda-cccl==13.0.*" "nvidia-cublas==13.*")

cuda_command() {
    local toolkit=""
    case "$*" in
    "") ;;
    --toolkit) toolkit=yes ;;
    *)
        echo "usage: ./lab engine cuda [--toolkit]   (--toolkit: with the CUDA toolkit from PyPI)" >&2
        exit 2
        ;;
    esac
    [ "$(uname -s)" = Linux ] || give_up "the CUDA module is built on Linux only"
    read_pin
    ! has_own_engine || give_up "LAB_ENGINE_PREFIX=$LAB_ENGINE_PREFIX is an installation of your own and stays as it is" \
        "build its target ggml-cuda yourself, or unset LAB_ENGINE_PREFIX"
    find_cuda_architectures || give_up "for which GPUs? nvidia-smi names no device here" \
        "set LAB_CUDA_ARCHITECTURES, to 89 for sm_89 or to \"89;90\" for two"
    LAB_CUDA=off provide_engine
    require_packages engine
    set_engine_paths
    if [ -n "$toolkit" ] || ! find_nvcc; then provide_cuda_toolkit; fi
    use_nvcc "$NVCC" || give_up "$NVCC does not tell its version"
    build_cuda || give_up "the CUDA module could not be built; run the command again to go on where it stopped" \
        "log: $ENGINE_LOG"
    say "CUDA module: $ENGINE_DIRECTORY/lib/libggml-cuda.so, $(cuda_description "$ENGINE_DIRECTORY")"
}

# Builds the module for this machine's devices as a part of the engine. The lab works without it, so that a failure is
# remembered and stops nothing, then or later.
build_cuda_unasked() {
    local failed
    find_nvcc && nvidia-smi -L >/dev/null 2>&1 || return 0
    set_engine_paths
    failed=$ENGINE_DIRECTORY/cuda-failed.txt
    if [ -r "$failed" ] && [ "$(<"$failed")" = "$NVCC" ] && [ ! "$NVCC" -nt "$failed" ]; then return 0; fi
    say "a CUDA device and $NVCC were found; LAB_CUDA=off goes on without the engine's CUDA module"
    if [ -z "$(missing_packages engine)" ] && find_cuda_architectures && use_nvcc "$NVCC" && build_cuda; then
        return 0
    fi
    printf '%s\n' "$NVCC" 2>/dev/null >"$failed"
    say "going on without the CUDA module; ./lab engine cuda tries again and says why it fails"
}

# Sets NVCC to the first compiler there is, that of an earlier --toolkit last.
find_nvcc() {
    local candidate
    for candidate in "${CUDACXX:-}" nvcc "${CUDA_HOME:-}/bin/nvcc" "${CUDA_PATH:-}/bin/nvcc" /usr/local/cuda/bin/nvcc \
        "$CUDA_TOOLKIT/nvidia/cu13/bin/nvcc"; do
        NVCC=$(command -v "$candidate" 2>/dev/null) && [ -n "$NVCC" ] && return 0
    done
    NVCC=""
    return 1
}

# use_nvcc FILE: sets what follows from the compiler.
use_nvcc() {
    local file
    NVCC_VERSION=$("$1" --version 2>/dev/null | sed -n 's/.*, V\([0-9][0-9.]*\).*/\1/p')
    file=$(readlink -f "$1")
    CUDA_ROOT=${file%/bin/*}
    [ -n "$NVCC_VERSION" ]
}

# Sets CUDA_ARCHITECTURES, in CMake's notation, to those asked for or those of the devices.
find_cuda_architectures() {
    local one="[1-9][0-9]+[af]?(-real|-virtual)?"
    CUDA_ARCHITECTURES=${LAB_CUDA_ARCHITECTURES:-}
    if [ -n "$CUDA_ARCHITECTURES" ]; then
        [[ $CUDA_ARCHITECTURES =~ ^$one(\;$one)*$ ]] ||
            give_up "LAB_CUDA_ARCHITECTURES=$CUDA_ARCHITECTURES is no list of architectures" "write 89, or \"89;90\""
        return 0
    fi
    has nvidia-smi || return 1
    CUDA_ARCHITECTURES=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null |
        sed -n 's/^ *\([1-9][0-9]*\)\.\([0-9]\) *$/\1\2/p' | sort -nu | tr '\n' ';')
    CUDA_ARCHITECTURES=${CUDA_ARCHITECTURES%;}
    [ -n "$CUDA_ARCHITECTURES" ]
}

# Sets NVCC to that of the toolkit from PyPI, fetched if need be.
provide_cuda_toolkit() {
    local scratch=$CUDA_TOOLKIT.partial.$$
    ENGINE_LOG=$CACHE/logs/cuda-toolkit.log
    NVCC=$CUDA_TOOLKIT/nvidia/cu13/bin/nvcc
    lock "$CACHE/locks/cuda" "providing the CUDA toolkit or building with it"
    if [ ! -x "$NVCC" ]; then
        # What an interrupted fetch left is large.
        rm -rf "$CUDA_TOOLKIT".partial.*
        mkdir -p "$scratch" || give_up "cannot write in the cache $CACHE" "set LAB_CACHE to another folder"
        has_cuda_space 2500 || give_up "no room for the CUDA toolkit" "set LAB_CACHE to a folder on another disk"
        step "fetching the CUDA toolkit from PyPI (540 MB)" "$ENGINE_LOG" lab_python -m pip install --no-deps \
            --disable-pip-version-check --progress-bar off --target "$scratch" "${CUDA_TOOLKIT_PACKAGES[@]}" || {
            rm -rf "$scratch"
            give_up "the CUDA toolkit could not be fetched from PyPI" \
                "install one in another way, and name its compiler with CUDACXX=/path/to/nvcc"
        }
        { link_cuda_libraries "$scratch/nvidia/cu13" && mv "$scratch" "$CUDA_TOOLKIT"; } ||
            give_up "the CUDA toolkit could not be put in place: $CUDA_TOOLKIT (is the disk full?)"
    fi
    unlock
}

# The packages lack what CMake and the linker look for: the folder lib64, and names without a version.
link_cuda_libraries() {
    local toolkit=$1 library
    ln -s lib "$toolkit/lib64" || return 1
    for library in "$toolkit"/lib/lib*.so.*; do
        ln -s "$(basename "$library")" "${library%.so.*}.so" || return 1
    done
}

# has_cuda_space MEGABYTES
has_cuda_space() {
    local free_kb
    free_kb=$(df -Pk "$CACHE" | awk 'NR == 2 { print $4 }')
    [ "${free_kb:-999999999}" -lt $(($1 * 1000)) ] || return 0
    say "error: this needs $1 MB of disk in $CACHE, and $((free_kb / 1000)) MB are free"
    return 1
}

cuda_in_place() {
    [ -e "$ENGINE_DIRECTORY/cuda.json" ] && [ -e "$ENGINE_DIRECTORY/lib/libggml-cuda.so" ] &&
        [ "$(cat "$ENGINE_DIRECTORY/cuda-key.txt" 2>/dev/null)" = "$CUDA_KEY_TEXT" ]
}

# cuda_description PREFIX: what its module was built for and with.
cuda_description() {
    local architectures
    architectures=$(sed -n 's/^architectures //p' "$1/cuda-key.txt" 2>/dev/null)
    echo "built for sm_${architectures//;/, sm_} (nvcc $(sed -n 's/^nvcc //p' "$1/cuda-key.txt" 2>/dev/null))"
}

# Leaves the module for CUDA_ARCHITECTURES in the engine's folder; fails, when it cannot be built, after the log's end.
build_cuda() {
    local status=0 options="GGML_CUDA=ON GGML_CUDA_NO_VMM=ON"
    # Asking the driver for memory page by page takes its library at link time, which some toolkits bring as a stub.
    ! links_cuda_driver || options="GGML_CUDA=ON GGML_CUDA_NO_VMM=OFF"
    # What is built must not depend on whether NCCL happens to be there.
    options="$options GGML_CUDA_NCCL=OFF"
    CUDA_KEY_TEXT="nvcc $NVCC_VERSION
toolkit $(cuda_toolkit_source)
architectures $CUDA_ARCHITECTURES
options $options"
    ! cuda_in_place || return 0
    lock "$CACHE/locks/engine" "building the engine"
    fetch_engine
    unlock
    ENGINE_LOG=$CACHE/logs/cuda-$ENGINE_KEY.log
    lock "$CACHE/locks/cuda" "building the CUDA module"
    cuda_in_place || compile_cuda "$options" || status=1
    unlock
    return "$status"
}

cuda_toolkit_source() {
    case "$NVCC" in
    "$CUDA_TOOLKIT"/*) echo PyPI ;;
    *) echo "$CUDA_ROOT" ;;
    esac
}

links_cuda_driver() {
    local folder
    for folder in "$CUDA_ROOT"/lib64 "$CUDA_ROOT"/lib "$CUDA_ROOT"/lib/*-linux-* "$CUDA_ROOT"/targets/*/lib; do
        [ ! -e "$folder/stubs/libcuda.so" ] || return 0
    done
    return 1
}

compile_cuda() {
    local tree=$ENGINE_BUILD_TREE-cuda compiler="$NVCC_VERSION $NVCC" option
    local options=("LLAMA_BUILD_SERVER=OFF" "CMAKE_CUDA_COMPILER=$NVCC" "CUDAToolkit_ROOT=$CUDA_ROOT"
        "CMAKE_CUDA_ARCHITECTURES=$CUDA_ARCHITECTURES")
    for option in $1; do options+=("$option"); done
    # CMake does not see that another compiler has come under the same name, and takes no other one in an old tree.
    if [ -e "$tree" ] && [ "$(cat "$tree/nvcc.txt" 2>/dev/null)" != "$compiler" ]; then rm -rf "$tree"; fi
    mkdir -p "$tree" && printf '%s\n' "$compiler" >"$tree/nvcc.txt" || return 1
    has_cuda_space 1000 || return 1
    say "building the engine's CUDA module for sm_${CUDA_ARCHITECTURES//;/, sm_} with nvcc $NVCC_VERSION:" \
        "once, about an hour on 2 cores for each architecture"
    try_configure_engine "$tree" "${options[@]}" && try_build_in "$tree" "compiling the CUDA module" ggml-cuda &&
        install_cuda "$tree/bin/libggml-cuda.so"
}

# install_cuda FILE: replaces the engine's CUDA module in one step. The record comes last: without it there is no module.
install_cuda() {
    local lib=$ENGINE_DIRECTORY/lib
    # Named so that a worker that starts meanwhile does not take the half of it for a part of the engine.
    local partial=$lib/.cuda-module.partial.$$
    rm -f "$ENGINE_DIRECTORY/cuda.json" "$ENGINE_DIRECTORY/cuda-failed.txt" &&
        link_cuda_runtime "$lib" &&
        cp "$1" "$partial" && mv "$partial" "$lib/libggml-cuda.so" &&
        ln -sf ../lib/libggml-cuda.so "$ENGINE_DIRECTORY/bin/" &&
        printf '%s\n' "$CUDA_KEY_TEXT" >"$ENGINE_DIRECTORY/cuda-key.txt" &&
        lab_python "$ROOT/engine/launcher/record_cuda.py" "$ENGINE_DIRECTORY" "$CUDA_ARCHITECTURES" "$NVCC_VERSION" \
            "$(cuda_toolkit_source)" "$CUDA_TOOLKIT" "$ENGINE_CMAKE_ARGUMENTS" && return 0
    rm -f "$partial"
    say "error: the CUDA module could not be put in place: $lib/libggml-cuda.so (is the disk full?)"
    return 1
}

# Links to the toolkit's libraries beside the module, where it looks first: no linker's list knows those from PyPI.
link_cuda_runtime() {
    local lib=$1 folder name
    for name in "$lib"/libcudart.so* "$lib"/libcublas*.so*; do
        [ ! -L "$name" ] || rm -f "$name" || return 1
    done
    for folder in "$CUDA_ROOT"/lib64 "$CUDA_ROOT"/targets/*/lib; do
        for name in "$folder"/libcudart.so.* "$folder"/libcublas.so.* "$folder"/libcublasLt.so.*; do
            [ -e "$name" ] || continue
            # A cache may be moved, a system's toolkit not.
            [ "$(cuda_toolkit_source)" != PyPI ] ||
                name=../../../cuda/$(basename "$CUDA_TOOLKIT")/nvidia/cu13/lib/$(basename "$name")
            ln -sf "$name" "$lib/" || return 1
        done
    done
}

# The doctor's lines about the module and the devices. Optional: no word of them changes the doctor's exit code.
doctor_cuda() {
    [ "$(uname -s)" = Linux ] || return 0
    local line
    doctor_line cuda "$(cuda_module_state)"
    cuda_device_state | while IFS= read -r line; do doctor_line "cuda device" "$line"; done
}

cuda_module_state() {
    local nvcc_found=""
    if has_own_engine; then
        if [ -e "$LAB_ENGINE_PREFIX/lib/libggml-cuda.so" ]; then
            echo "your own engine has a module"
        else
            echo "your own engine has no lib/libggml-cuda.so"
        fi
        return
    fi
    find_nvcc && nvcc_found=yes
    if [ -e "$PREFIX/cuda.json" ]; then
        echo "module $(cuda_description "$PREFIX")"
    elif [ -z "$nvcc_found" ]; then
        echo "not built: no nvcc found; ./lab engine cuda --toolkit gets one from PyPI"
    elif [ -e "$PREFIX/cuda-failed.txt" ]; then
        echo "not built: the build with $(cat "$PREFIX/cuda-failed.txt") failed (logs: $CACHE/logs/cuda-*); ./lab engine cuda tries again"
    else
        echo "not built: ./lab engine cuda builds it with $NVCC"
    fi
}

cuda_device_state() {
    local devices name capability memory driver
    if ! cuda_driver_is_there; then
        echo "no CUDA device: driver not found"
    elif ! has nvidia-smi; then
        echo "unknown: the driver is there, and nvidia-smi is not"
    elif devices=$(nvidia-smi --query-gpu=name,compute_cap,memory.total,driver_version --format=csv,noheader 2>&1) &&
        [ -n "$devices" ]; then
        while IFS=, read -r name capability memory driver; do
            echo "$name (compute capability${capability},${memory}, driver${driver})"
        done <<<"$devices"
    else
        echo "no CUDA device: nvidia-smi says: ${devices%%$'\n'*}"
    fi
}

# Whether the dynamic linker would find the driver's library.
cuda_driver_is_there() {
    local folder list=""
    for folder in ldconfig /sbin/ldconfig; do
        list=$("$folder" -p 2>/dev/null) && break
    done
    case "$list" in *libcuda.so.1*) return 0 ;; esac
    local IFS=:
    for folder in ${LD_LIBRARY_PATH:-} /usr/lib/*-linux-* /usr/lib64 /usr/lib /usr/lib/wsl/lib /usr/local/lib; do
        [ ! -e "$folder/libcuda.so.1" ] || return 0
    done
    return 1
}
