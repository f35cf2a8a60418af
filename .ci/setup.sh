# Sourced by ./run and ./test: finds Python, system packages and the virtual environment.
# Sets ROOT and PYTHON. Installs nothing when LIVEDRAG_PYTHON names an interpreter.

say() { printf 'livedrag: %s\n' "$*" >&2; }
die() { say "$*"; exit 2; }

# A command that installs the given Debian packages, or nothing where the user may not.
installer() {
    command -v apt-get >/dev/null 2>&1 || return 0
    if [ "$(id -u)" = 0 ]; then echo "apt-get"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then echo "sudo -n apt-get"
    fi
}

# install_system_packages WHY PACKAGE...: installs them, or prints the exact command and fails.
install_system_packages() {
    local why=$1 apt; shift
    apt=$(installer)
    if [ -z "$apt" ]; then
        say "$why needs system packages; type: sudo apt-get install $*"
        return 1
    fi
    say "$why: installing $*"
    local log; log=$(mktemp)
    if ! { DEBIAN_FRONTEND=noninteractive $apt install -y --no-install-recommends "$@" ||
        { $apt update && DEBIAN_FRONTEND=noninteractive $apt install -y --no-install-recommends "$@"; }
    } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        say "apt-get failed; type: sudo apt-get update && sudo apt-get install $*"
        return 1
    fi
}

has_library() { # has_library libGL.so.1
    local ldconfig; ldconfig=$(command -v ldconfig || echo /sbin/ldconfig)
    "$ldconfig" -p 2>/dev/null | grep -q "$1 "
}

# The first interpreter that pyproject.toml admits.
find_python() {
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

has_nvidia_gpu() { command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L 2>/dev/null | grep -q GPU; }

# prepare_environment base|dev: .venv with pinned dependencies; at once when nothing changed.
prepare_environment() {
    local extras=$1 cuda= base stamp wanted
    if [ -n "${LIVEDRAG_PYTHON:-}" ]; then
        PYTHON=$(command -v "$LIVEDRAG_PYTHON") || die "LIVEDRAG_PYTHON=$LIVEDRAG_PYTHON is not a program"
        return 0
    fi
    if has_nvidia_gpu; then cuda=,cuda; fi
    PYTHON=$ROOT/.venv/bin/python
    # .venv/installed-base and -dev hold a checksum of what they were made from; dev contains base
    wanted=$(cat "$ROOT/pyproject.toml" "$ROOT/.ci/constraints.txt" <(echo "$cuda") | cksum)
    stamp=$ROOT/.venv/installed-$extras
    if [ -x "$PYTHON" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return 0; fi

    base=$(find_python) || base=
    if [ -z "$base" ]; then
        install_system_packages "Python 3.11 to 3.13" python3 python3-venv || exit 2
        base=$(find_python) || die "no Python 3.11 to 3.13 was found; install one and set LIVEDRAG_PYTHON"
    fi
    if [ ! -x "$PYTHON" ]; then
        say "first start: making .venv and installing the dependencies (once, a few minutes)"
        if ! "$base" -c 'import ensurepip' 2>/dev/null; then
            install_system_packages "the virtual environment" python3-venv || exit 2
        fi
        "$base" -m venv "$ROOT/.venv"
    else
        say "the dependencies have changed: bringing .venv up to date"
    fi
    "$PYTHON" -m pip install --quiet --disable-pip-version-check \
        --constraint "$ROOT/.ci/constraints.txt" --editable "$ROOT[$extras$cuda]" ||
        die "pip could not install the dependencies (see above); mend that and start again"
    echo "$wanted" >"$stamp"
    if [ "$extras" = dev ]; then echo "$wanted" >"$ROOT/.venv/installed-base"; fi
}

sees_gpu() { # sees_gpu PYTHON: whether its torch does
    "$1" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' 2>/dev/null
}

# Sets LIVEDRAG_PYTHON to a Python whose torch sees the GPU, where .venv is not there or cannot be made ready.
find_gpu_python() {
    local venv=$ROOT/.venv/bin/python candidate
    if [ -n "${LIVEDRAG_PYTHON:-}" ]; then return 0; fi
    if [ ! -x "$venv" ] && sees_gpu python3; then LIVEDRAG_PYTHON=python3; return 0; fi
    if (prepare_environment dev); then return 0; fi
    for candidate in "$venv" python3; do  # an attempt that failed leaves a .venv without torch
        if sees_gpu "$candidate"; then
            say "going on with $candidate as it is"
            LIVEDRAG_PYTHON=$candidate
            return 0
        fi
    done
    die "no torch here sees the GPU, neither python3's nor .venv's, which could not be made ready (see above)"
}
