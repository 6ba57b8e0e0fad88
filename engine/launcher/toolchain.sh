# The Swift toolchain and the system packages. Sourced by ./lab.

SWIFT=""
SWIFT_VERSION=""
OLD_SWIFT=""

# Sets SWIFT and SWIFT_VERSION to the first toolchain of at least 6.1, the one on PATH first.
find_swift() {
    local candidate version major minor
    for candidate in "$(command -v swift 2>/dev/null)" "$HOME/.swiftly/bin/swift" \
        "$HOME/.local/share/swiftly/bin/swift" /usr/local/swift/usr/bin/swift; do
        [ -n "$candidate" ] && [ -x "$candidate" ] || continue
        version=$("$candidate" --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
        [ -n "$version" ] || continue
        major=${version%%.*}
        minor=${version#*.}
        minor=${minor%%.*}
        if [ "$major" -gt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -ge 1 ]; }; then
            SWIFT=$candidate
            SWIFT_VERSION=$version
            return 0
        fi
        OLD_SWIFT="$version at $candidate"
    done
    return 1
}

swift_advice() { echo "get Swift 6.1 or newer from https://www.swift.org/install and put its swift on PATH"; }

require_swift() {
    [ -n "$SWIFT" ] || find_swift ||
        give_up "no Swift toolchain of version 6.1 or newer${OLD_SWIFT:+ (found only $OLD_SWIFT)}" "$(swift_advice)"
}

lab_python() { "${LAB_PYTHON:-python3}" "$@"; }

has() { command -v "$1" >/dev/null 2>&1; }

# library_is_there NAME: whether the linker finds libNAME.so.
library_is_there() {
    local folder
    for folder in /usr/lib/*-linux-* /usr/lib64 /usr/lib /usr/local/lib; do
        [ ! -e "$folder/lib$1.so" ] || return 0
    done
    return 1
}

# header_is_there PATH: whether the compiler finds it.
header_is_there() {
    local folder
    for folder in /usr/include /usr/local/include /usr/include/*-linux-*; do
        [ ! -e "$folder/$1" ] || return 0
    done
    return 1
}

# macOS has SQLite, and a language detector of its own.
has_sqlite() { [ "$(uname -s)" = Darwin ] || { header_is_there sqlite3.h && library_is_there sqlite3; }; }

has_language_detector() {
    [ "$(uname -s)" = Darwin ] || { header_is_there cld2/public/compact_lang_det.h && library_is_there cld2; }
}

# Downloads go through libcurl, which macOS has.
has_curl() { [ "$(uname -s)" = Darwin ] || { header_is_there curl/curl.h && library_is_there curl; }; }

# Prints the packages that are missing for PURPOSE (swift, engine or all), by the name of this system's packager.
missing_packages() {
    local purpose=$1 names="" system
    system=$(uname -s)
    if [ "$purpose" != engine ]; then
        has git || names="$names git"
        has_sqlite || names="$names libsqlite3-dev"
        has_language_detector || names="$names libcld2-dev"
        has_curl || names="$names libcurl4-openssl-dev"
    fi
    if [ "$purpose" != swift ]; then
        has cmake || names="$names cmake"
        has ninja || has make || if [ "$system" = Darwin ]; then names="$names ninja"; else names="$names ninja-build"; fi
        has "${CXX:-c++}" || names="$names g++"
        has python3 || has "${LAB_PYTHON:-python3}" || names="$names python3"
        lab_python -m pip --version >/dev/null 2>&1 ||
            if [ "$system" = Darwin ]; then names="$names python3"; else names="$names python3-pip"; fi
    fi
    echo $names
}

install_command() {
    case "$(uname -s)" in
    Darwin) echo "brew install $*" ;;
    *) if [ "$(id -u)" -eq 0 ]; then echo "apt-get install -y --no-install-recommends $*"; else
        echo "sudo apt-get install -y --no-install-recommends $*"
    fi ;;
    esac
}

# Installs what PURPOSE lacks, where that is allowed; otherwise ends with the command that would do it.
require_packages() {
    local purpose=$1 log=$CACHE/logs/packages.log names
    names=$(missing_packages "$purpose")
    [ -n "$names" ] || return 0
    if [ "$(uname -s)" = Darwin ]; then
        case " $names " in
        *" g++ "* | *" git "*) give_up "Apple's command line tools are missing" "install them with: xcode-select --install" ;;
        esac
        has brew || give_up "missing: $names" "install Homebrew (https://brew.sh), then run: $(install_command $names)"
        [ -z "${LAB_NO_INSTALL:-}" ] || give_up "missing: $names (LAB_NO_INSTALL is set)" "run: $(install_command $names)"
        step "installing $names" "$log" brew install $names || give_up "run it yourself: $(install_command $names)"
        return 0
    fi
    has apt-get || give_up "missing (by their Debian names): $names" "install them with this system's package manager"
    [ -z "${LAB_NO_INSTALL:-}" ] || give_up "missing: $names (LAB_NO_INSTALL is set)" "run: $(install_command $names)"
    find_root || give_up "missing: $names" "run: $(install_command $names)"
    install_packages "$log" "$names" || give_up "run it yourself: $(install_command $names)"
}

# Prints the packages that are missing and that only some evaluations use: bubblewrap, in which they run the code that
# models write (docs/sandbox.md). Without it those are skipped, and say so.
missing_optional_packages() {
    [ "$(uname -s)" != Linux ] || has bwrap || echo bubblewrap
}

# Tries to install what is optional, where that is allowed: once, and nothing depends on its success.
offer_packages() {
    local names log=$CACHE/logs/packages.log tried=$CACHE/logs/optional-packages-tried
    names=$(missing_optional_packages)
    [ -n "$names" ] && [ -z "${LAB_NO_INSTALL:-}" ] && [ ! -e "$tried" ] && has apt-get && find_root || return 0
    { mkdir -p "$CACHE/logs" && touch "$tried"; } 2>/dev/null || return 0
    install_packages "$log" "$names" || say "going on without $names; to get it: $(install_command $names)"
}

# Sets AS_ROOT to what makes a command root's; fails where that takes a password.
AS_ROOT=""
find_root() {
    AS_ROOT=""
    [ "$(id -u)" -ne 0 ] || return 0
    AS_ROOT="sudo -n"
    has sudo && sudo -n true 2>/dev/null
}

# A fresh machine has no package lists, and an old one stale ones.
install_packages() {
    local log=$1 names=$2
    if ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 && apt_install "$log" "$names"; then return 0; fi
    step "reading the package lists" "$log" $AS_ROOT apt-get update && apt_install "$log" "$names"
}

apt_install() {
    local log=$1 names=$2
    step "installing $names" "$log" $AS_ROOT env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends $names
}
