#!/usr/bin/env bash
# Prints the python of an environment with the clients that the cluster tests use (tests/cluster/requirements.txt).
# It is made once for each content of that file and lies in ${XDG_CACHE_HOME:-~/.cache}/opensearch-ccr-native.
# The file names every package with its version: what it does not name is not installed.
set -eu
cd "$(dirname "$(readlink -f "$0")")/.."
wanted=tests/cluster/requirements.txt

fail() {
    echo "python-env: $*" >&2
    exit 1
}

home=$(getent passwd "$(id -u)" | cut -d: -f6)
cache=${XDG_CACHE_HOME:-${HOME:-$home}/.cache}/opensearch-ccr-native
python=/usr/bin/python3
content=$("$python" --version | cat - "$wanted" | sha256sum | cut -c 1-16)
place=$cache/python-$content
if [ ! -e "$place/.complete" ]; then
    mkdir -p "$cache"
    exec 9>"$cache/lock-python"
    flock 9
fi
if [ ! -e "$place/.complete" ]; then
    echo "python-env: taking the packages of $wanted from PyPI, once" >&2
    rm -rf "$place"
    "$python" -m venv "$place" >&2 || fail "no environment: apt-get install python3-venv"
    scripts/again.sh "$place/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$wanted" >&2 ||
        fail "pip could not install the packages of $wanted"
    "$place/bin/python" -m pip check >&2 || fail "$wanted does not name everything that its packages need"
    touch "$place/.complete"
fi
echo "$place/bin/python"
