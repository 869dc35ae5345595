#!/usr/bin/env bash
# Prints the folder of an unpacked OpenSearch distribution to build against and to copy test nodes from.
# $OPENSEARCH_HOME is taken when set. Otherwise the distribution comes from Maven Central, once, through this user's own
# Maven settings, is checked against the sum below and lies in ${XDG_CACHE_HOME:-~/.cache}/opensearch-ccr-native.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=3.6.0
sum=a91faa1dc1cadc78cb278b4f63847e19e1627a4e9de698e14e7efc14ee37b286
artifact=org.opensearch.distribution.integ-test-zip:opensearch:$version:zip
getter=org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy

fail() {
    echo "opensearch-home: $*" >&2
    exit 1
}

if [ -n "${OPENSEARCH_HOME:-}" ]; then
    [ -e "$OPENSEARCH_HOME/lib/opensearch-$version.jar" ] || fail "OPENSEARCH_HOME=$OPENSEARCH_HOME is not OpenSearch $version"
    (cd "$OPENSEARCH_HOME" && pwd)
    exit 0
fi

home=$(getent passwd "$(id -u)" | cut -d: -f6)
cache=${XDG_CACHE_HOME:-${HOME:-$home}/.cache}/opensearch-ccr-native
place=$cache/opensearch-$version
if [ -e "$place/.complete" ]; then
    echo "$place"
    exit 0
fi

command -v mvn >/dev/null || fail "mvn is missing: apt-get install maven, or set OPENSEARCH_HOME"
command -v unzip >/dev/null || fail "unzip is missing: apt-get install unzip"
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ ! -e "$place/.complete" ]; then
    echo "opensearch-home: taking OpenSearch $version (160 MB) from Maven Central, once" >&2
    work=$(mktemp -d "$cache/unpack.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    "$here/again.sh" mvn -B -q -U --strict-checksums "$getter" -Dartifact="$artifact" -DoutputDirectory="$work" >"$cache/mvn.log" 2>&1 ||
        { tail -20 "$cache/mvn.log" >&2; fail "Maven could not get $artifact"; }
    echo "$sum  $work/opensearch-$version.zip" | sha256sum --quiet -c - >&2 || fail "the download is damaged: its sha256 differs"
    unzip -q "$work/opensearch-$version.zip" -d "$work"
    [ -x "$work/opensearch-$version/bin/opensearch-plugin" ] || fail "the distribution has no bin/opensearch-plugin"
    touch "$work/opensearch-$version/.complete"
    # Nodes of another user are copied from here.
    chmod -R a+rX "$work/opensearch-$version"
    rm -rf "$place"
    mv "$work/opensearch-$version" "$place"
fi
echo "$place"
