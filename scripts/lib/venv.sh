# Sourced by the commands in scripts/: goes to the project's root and makes .venv ready.
#
#   ensure_venv EXTRA     install the project with one of its extras, only when pyproject.toml has changed since
#   offer_venv EXTRA      the same for what may not install on this machine: it is tried once, and left out
#
# Needs Python 3.11 to 3.13 and pip. PYTHON chooses another interpreter than the one found here.

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export PIP_DISABLE_PIP_VERSION_CHECK=1
PY=.venv/bin/python

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "s2sad needs Python 3.11, 3.12 or 3.13; none was found (set PYTHON to one)" >&2
    return 1
}

ensure_venv() {
    local extra=$1 stamp=.venv/.installed-$1 wanted python
    if [ ! -x "$PY" ]; then
        python=$(find_python)
        "$python" -m venv .venv
    fi
    wanted=$(cksum <pyproject.toml)
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        echo "installing s2sad[$extra] into .venv" >&2
        "$PY" -m pip install --quiet --editable ".[$extra]" >&2
        echo "$wanted" >"$stamp"
    fi
}

offer_venv() {
    if [ -f ".venv/.refused-$1" ]; then return; fi
    if ! ensure_venv "$1"; then
        echo "$1 does not install here: it is left out" >&2
        touch ".venv/.refused-$1"
    fi
}
