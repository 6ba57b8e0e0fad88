# Provides the engine: the pinned llama.cpp, fetched, verified, built once for this machine into the cache.
# Sourced by ./lab. Sets PREFIX to an installation with include/, lib/ and bin/.

PREFIX=""
# What the command at hand needs: engine, or all (a Swift build too).
NEEDED=all
ENGINE_KEY_TEXT=""
ENGINE_KEY=""

# The CPU features that decide which instructions the engine's CPU module may use, in a fixed order.
X86_FEATURES="sse4_2 avx f16c fma bmi2 avx2 avx_vnni avx512 avx512_vbmi avx512_vnni avx512_bf16 amx_tile amx_int8 amx_bf16"

read_pin() {
    local name value
    PIN_PACKAGE="" PIN_VERSION="" PIN_BUILD="" PIN_SHA256=""
    while IFS='=' read -r name value; do
        case "$name" in
        package) PIN_PACKAGE=$value ;;
        version) PIN_VERSION=$value ;;
        build) PIN_BUILD=$value ;;
        sha256) PIN_SHA256=$value ;;
        esac
    done <"$ROOT/engine/pin"
    [ -n "$PIN_PACKAGE" ] && [ -n "$PIN_VERSION" ] && [ -n "$PIN_BUILD" ] && [ -n "$PIN_SHA256" ] ||
        give_up "$ROOT/engine/pin lacks one of: package, version, build, sha256" "restore it with: git checkout engine/pin"
}

# Prints the features of X86_FEATURES that this CPU and its operating system offer.
x86_features() {
    local name rest raw="" found="" wanted
    if [ "$(uname -s)" = Darwin ]; then
        raw=$(sysctl -n machdep.cpu.features machdep.cpu.leaf7_features 2>/dev/null |
            tr '\nA-Z' ' a-z' | sed -e 's/sse4\.2/sse4_2/' -e 's/avx1\.0/avx/')
    else
        while IFS=':' read -r name rest; do
            case "$name" in flags*) raw=$rest && break ;; esac
        done </proc/cpuinfo
    fi
    raw=" $raw "
    # ggml's AVX512 switch stands for five extensions together.
    case "$raw" in
    *" avx512f "*) case "$raw" in *" avx512vl "*)
        case "$raw" in *" avx512bw "*) case "$raw" in *" avx512dq "*) case "$raw" in *" avx512cd "*)
            raw="$raw avx512 "
            ;; esac ;; esac ;; esac ;; esac ;;
    esac
    raw=${raw/ avx512vbmi / avx512_vbmi }
    for wanted in $X86_FEATURES; do
        case "$raw" in *" $wanted "*) found="$found $wanted" ;; esac
    done
    echo $found
}

cpu_description() {
    local name rest
    case "$(uname -sm)" in
    *x86_64 | *amd64) x86_features ;;
    Darwin*) sysctl -n machdep.cpu.brand_string ;;
    *)
        while IFS=':' read -r name rest; do
            case "$name" in Features* | isa*) echo $rest && return ;; esac
        done </proc/cpuinfo
        ;;
    esac
}

compiler_description() {
    local compiler=${CXX:-c++}
    has "$compiler" || { echo none; return; }
    case "$("$compiler" --version 2>/dev/null)" in
    *clang*) echo "clang $("$compiler" -dumpversion)" ;;
    *) echo "gcc $("$compiler" -dumpfullversion -dumpversion)" ;;
    esac
}

# The CMake options of every build, one a line.
ENGINE_OPTIONS="CMAKE_BUILD_TYPE=Release
BUILD_SHARED_LIBS=ON
GGML_BACKEND_DL=ON
GGML_RPC=ON
LLAMA_BUILD_TOOLS=ON
LLAMA_BUILD_TESTS=OFF
LLAMA_BUILD_EXAMPLES=OFF
LLAMA_BUILD_APP=OFF
LLAMA_OPENSSL=OFF
LLAMA_USE_PREBUILT_UI=OFF"

# What makes one build differ from another. Cheap, because it is compared at every start.
describe_engine() {
    [ -z "$ENGINE_KEY_TEXT" ] || return 0
    ENGINE_KEY_TEXT="engine $PIN_BUILD
source $PIN_SHA256
system $(uname -sm)
cpu $(cpu_description)
compiler $(compiler_description)
$ENGINE_OPTIONS"
}

default_engine_link() { echo "$CACHE/engine/$PIN_BUILD"; }

# True when the link in the cache leads to a complete engine that was made for this machine.
engine_in_place() {
    local link=$1
    [ -r "$link/key.txt" ] && [ -e "$link/engine.json" ] && [ "$(<"$link/key.txt")" = "$ENGINE_KEY_TEXT" ]
}

# An installation of the user's own: used as it is, after a look at whether it has what is needed.
check_own_engine() {
    local prefix=$1 missing="" name
    for name in llama.h ggml.h ggml-backend.h gguf.h; do
        [ -e "$prefix/include/$name" ] || missing="$missing include/$name"
    done
    for name in llama ggml ggml-base; do
        [ -e "$prefix/lib/lib$name.so" ] || [ -e "$prefix/lib/lib$name.dylib" ] || missing="$missing lib/lib$name"
    done
    ls "$prefix"/lib/libggml-cpu* >/dev/null 2>&1 || missing="$missing lib/libggml-cpu"
    echo $missing
}

has_own_engine() { [ -n "${LAB_ENGINE_PREFIX:-}" ] && [ "$LAB_ENGINE_PREFIX" != "$(default_engine_link)" ]; }

provide_engine() {
    local missing
    read_pin
    if has_own_engine; then
        missing=$(check_own_engine "$LAB_ENGINE_PREFIX")
        [ -z "$missing" ] || give_up "LAB_ENGINE_PREFIX=$LAB_ENGINE_PREFIX is not a whole engine; it lacks: $missing" \
            "install llama.cpp $PIN_BUILD there (shared libraries, CPU backend), or unset LAB_ENGINE_PREFIX"
        PREFIX=$(cd "$LAB_ENGINE_PREFIX" && pwd)
        return 0
    fi
    describe_engine
    PREFIX=$(default_engine_link)
    engine_in_place "$PREFIX" || build_engine
    provide_cuda
}

# Adds the CUDA module where there is a device, a compiler and no module yet. Cheap, because every start comes here.
provide_cuda() {
    [ ! -e "$PREFIX/cuda.json" ] && [ "${LAB_CUDA:-}" != off ] && has nvidia-smi || return 0
    # shellcheck source=/dev/null
    . "$ROOT/engine/launcher/cuda.sh"
    build_cuda_unasked
}

build_engine() {
    # All that is missing is named at once, before ten minutes of compiling rather than after.
    [ "$NEEDED" = engine ] || require_swift
    require_packages "$NEEDED"
    # Installing a compiler changes the description.
    ENGINE_KEY_TEXT=""
    describe_engine
    set_engine_paths
    lock "$CACHE/locks/engine" "building the engine"
    if [ ! -e "$ENGINE_DIRECTORY/engine.json" ]; then
        say "building the engine, llama.cpp $PIN_BUILD, for this machine: once, about 10 minutes on 2 cores"
        fetch_engine
        configure_engine "$ENGINE_BUILD_TREE" LLAMA_BUILD_SERVER=OFF
        build_in "$ENGINE_BUILD_TREE" "compiling the engine" llama llama-common ggml-rpc-server
        install_engine
    fi
    lab_python - "$(basename "$ENGINE_DIRECTORY")" "$PREFIX" <<'PYTHON' || give_up "cannot make the link $PREFIX"
import os, sys
target, link = sys.argv[1:]
temporary = f"{link}.{os.getpid()}.partial"
os.symlink(target, temporary)
os.replace(temporary, link)
PYTHON
    unlock
}

set_engine_paths() {
    ENGINE_KEY=$(printf '%s' "$ENGINE_KEY_TEXT" | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c 1-12)
    ENGINE_DIRECTORY=$CACHE/engine/$PIN_BUILD-$ENGINE_KEY
    ENGINE_SOURCE=$CACHE/engine/src-$ENGINE_KEY/source
    ENGINE_LOG=$CACHE/logs/engine-$ENGINE_KEY.log
    ENGINE_GENERATOR="Unix Makefiles"
    has ninja && ENGINE_GENERATOR=Ninja
    ENGINE_BUILD_TREE=$CACHE/engine/src-$ENGINE_KEY/build-${ENGINE_GENERATOR%% *}
}

# Leaves the verified source tree in ENGINE_SOURCE.
fetch_engine() {
    [ ! -e "$ENGINE_SOURCE/CMakeLists.txt" ] || return 0
    local archive=${LAB_ENGINE_ARCHIVE:-} folder=$CACHE/engine/archive found scratch
    mkdir -p "$folder" "$(dirname "$ENGINE_SOURCE")" || give_up "cannot write in the cache $CACHE" "set LAB_CACHE to another folder"
    if [ -z "$archive" ]; then
        archive=$(find_archive "$folder")
        if [ -z "$archive" ] || [ "$(sha256_of "$archive")" != "$PIN_SHA256" ]; then
            rm -f "$archive"
            step "fetching $PIN_PACKAGE $PIN_VERSION" "$ENGINE_LOG" lab_python -m pip download --no-deps \
                --no-binary "$PIN_PACKAGE" --disable-pip-version-check --progress-bar off \
                --dest "$folder" "$PIN_PACKAGE==$PIN_VERSION" ||
                give_up "the engine's source could not be fetched from PyPI" \
                    "without network: fetch that source archive elsewhere and name it with LAB_ENGINE_ARCHIVE=FILE"
            archive=$(find_archive "$folder")
        fi
    fi
    [ -n "$archive" ] && [ -r "$archive" ] || give_up "the engine's source archive ${archive:-in $folder} is not there"
    found=$(sha256_of "$archive")
    [ "$found" = "$PIN_SHA256" ] || give_up "the engine's source archive is not the pinned one; nothing was built" \
        "file:     $archive" "SHA-256:  $found" "expected: $PIN_SHA256 (engine/pin)" \
        "delete the file and try again; if it happens again, the package was changed and is not to be trusted"
    scratch=$ENGINE_SOURCE.partial.$$
    mkdir -p "$scratch" &&
        step "unpacking the engine's source" "$ENGINE_LOG" tar -xzf "$archive" -C "$scratch" --strip-components 1 ||
        { rm -rf "$scratch"; give_up "the engine's source could not be unpacked (is the disk full?)"; }
    mv "$scratch/llama.cpp" "$ENGINE_SOURCE" || give_up "the archive $archive has no folder llama.cpp"
    rm -rf "$scratch"
}

find_archive() {
    local name
    for name in "$1"/*-"$PIN_VERSION".tar.gz; do
        [ ! -e "$name" ] || { echo "$name"; return; }
    done
}

# configure_engine BUILD_TREE [OPTION=VALUE]...
configure_engine() { try_configure_engine "$@" || give_up "CMake could not configure the engine"; }

try_configure_engine() {
    local tree=$1 option feature name flag
    local origin="\$ORIGIN;\$ORIGIN/../lib"
    [ "$(uname -s)" != Darwin ] || origin="@loader_path;@loader_path/../lib"
    shift
    local arguments=(-S "$ENGINE_SOURCE" -B "$tree" -G "$ENGINE_GENERATOR"
        "-DLLAMA_BUILD_NUMBER=${PIN_BUILD#b}" "-DLLAMA_BUILD_COMMIT=$PIN_BUILD"
        # Relocatable: the build is made in one folder and renamed into place.
        -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON "-DCMAKE_INSTALL_RPATH=$origin")
    for option in $ENGINE_OPTIONS "$@"; do arguments+=("-D$option"); done
    case "$(uname -m)" in
    x86_64 | amd64)
        # GGML_NATIVE excludes GGML_BACKEND_DL here, so the instruction sets are named one by one.
        arguments+=(-DGGML_NATIVE=OFF)
        local present=" $(x86_features) "
        for feature in $X86_FEATURES; do
            name=$(echo "$feature" | tr 'a-z' 'A-Z')
            [ "$name" != SSE4_2 ] || name=SSE42
            flag=OFF
            case "$present" in *" $feature "*) if compiler_knows "$feature"; then flag=ON; fi ;; esac
            arguments+=("-DGGML_$name=$flag")
        done
        ;;
    *) arguments+=(-DGGML_NATIVE=ON) ;;
    esac
    ENGINE_CMAKE_ARGUMENTS=$(printf '%s\n' "${arguments[@]}" | grep '^-D')
    step "configuring the engine" "$ENGINE_LOG" cmake "${arguments[@]}"
}

# The newest instruction sets are unknown to older compilers.
compiler_knows() {
    local switch
    case "$1" in
    avx_vnni) switch=-mavxvnni ;;
    avx512_bf16) switch=-mavx512bf16 ;;
    amx_tile) switch=-mamx-tile ;;
    amx_int8) switch=-mamx-int8 ;;
    amx_bf16) switch=-mamx-bf16 ;;
    *) return 0 ;;
    esac
    "${CXX:-c++}" "$switch" -fsyntax-only -x c++ /dev/null 2>/dev/null
}

# A C++ file of the engine takes up to 1.5 GB to compile, so memory limits the jobs as the cores do.
build_jobs() {
    local cores memory_kb
    cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
    if [ -r /proc/meminfo ]; then
        memory_kb=$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo)
        [ "$cores" -le $((${memory_kb:-99999999} / 1500000)) ] || cores=$((memory_kb / 1500000))
    fi
    [ "$cores" -ge 1 ] || cores=1
    echo "${LAB_JOBS:-$cores}"
}

# build_in BUILD_TREE TITLE TARGET...
build_in() {
    local tree=$1 title=$2 free_kb
    shift 2
    free_kb=$(df -Pk "$tree" | awk 'NR == 2 { print $4 }')
    [ "${free_kb:-999999}" -ge 500000 ] ||
        give_up "the engine's build needs 500 MB of disk in $CACHE, and $((free_kb / 1000)) MB are free" \
            "make room, or set LAB_CACHE to a folder on another disk"
    try_build_in "$tree" "$title" "$@" ||
        give_up "the engine could not be built; run the command again to go on where it stopped" "log: $ENGINE_LOG"
}

try_build_in() {
    local tree=$1 title=$2
    shift 2
    # With ccache, a build in another cache folder then finds what this one compiled.
    export CCACHE_BASEDIR CCACHE_NOHASHDIR=1
    CCACHE_BASEDIR=$(dirname "$ENGINE_SOURCE")
    step "$title" "$ENGINE_LOG" cmake --build "$tree" --parallel "$(build_jobs)" --target "$@"
}

# Copies what the lab uses out of the build tree, then shows it under its final name in one rename.
install_engine() {
    local stage=$ENGINE_DIRECTORY.partial.$$ built=$ENGINE_BUILD_TREE/bin name
    trap 'rm -rf "$ENGINE_DIRECTORY".partial.$$; unlock' EXIT
    {
        mkdir -p "$stage/include/llama-common" "$stage/lib" "$stage/bin" &&
            cp "$ENGINE_SOURCE"/include/*.h "$ENGINE_SOURCE"/ggml/include/*.h "$stage/include/" &&
            copy_headers "$ENGINE_SOURCE/common" "$stage/include/llama-common" &&
            copy_headers "$ENGINE_SOURCE/vendor" "$stage/include/llama-common" nlohmann sheredom &&
            cp "$ENGINE_SOURCE/LICENSE" "$stage/" &&
            cp "$built/ggml-rpc-server" "$stage/bin/"
    } || give_up "the engine could not be copied into $CACHE/engine (is the disk full?)"
    for name in "$built"/lib*; do
        case "$(basename "$name")" in
        libllama.* | libllama-common.* | libggml*) cp -P "$name" "$stage/lib/" ||
            give_up "$name could not be copied into $CACHE/engine (is the disk full?)" ;;
        esac
    done
    link_backends "$stage" || give_up "the engine's backends could not be linked in $stage/bin"
    printf '%s' "$ENGINE_KEY_TEXT" >"$stage/key.txt"
    lab_python "$ROOT/engine/launcher/record.py" "$stage" "$PIN_BUILD" "$PIN_PACKAGE==$PIN_VERSION" "$PIN_SHA256" \
        "$(compiler_description)" "$(cpu_description)" "$ENGINE_CMAKE_ARGUMENTS" || give_up "engine.json could not be written"
    mv "$stage" "$ENGINE_DIRECTORY" || give_up "the engine could not be put in place: $ENGINE_DIRECTORY"
}

# copy_headers FROM TO [FOLDER]...: the headers below FROM (or below its folders named), with their folders.
copy_headers() {
    local from=$1 to=$2 header
    shift 2
    (cd "$from" && find "${@:-.}" -name '*.h' -o -name '*.hpp') | while read -r header; do
        mkdir -p "$to/$(dirname "$header")" && cp "$from/$header" "$to/$header" || exit 1
    done
}

# The engine's own programs look for backends beside themselves.
link_backends() {
    local prefix=$1 name
    for name in "$prefix"/lib/libggml-*; do
        [ -L "$name" ] && continue
        case "$(basename "$name")" in
        libggml-base.*) ;;
        *) ln -sf "../lib/$(basename "$name")" "$prefix/bin/" || return 1 ;;
        esac
    done
}
