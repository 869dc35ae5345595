#!/usr/bin/env bash
# Prints the folder of a JDK 21 or newer, or says what is missing and fails.
# $CCR_JDK, $OPENSEARCH_JAVA_HOME and $JAVA_HOME are taken, in this order, when new enough; then the newest JDK in the usual
# places, whatever the machine's default `java` is.
set -u
shopt -s nullglob
least=21
seen=""

# The major version of a JDK's folder; 0 when it is none. A JRE without javac or jni.h does not serve.
major_of() {
    local home=$1 version
    [ -x "$home/bin/javac" ] && [ -x "$home/bin/jar" ] && [ -e "$home/include/jni.h" ] || { echo 0; return; }
    if [ -r "$home/release" ]; then
        version=$(sed -n 's/^JAVA_VERSION="\([^"]*\)".*/\1/p' "$home/release")
    else
        version=$("$home/bin/javac" -version 2>&1 | sed -n 's/^javac //p')
    fi
    version=${version%%[!0-9]*}
    echo "${version:-0}"
}

for home in "${CCR_JDK:-}" "${OPENSEARCH_JAVA_HOME:-}" "${JAVA_HOME:-}"; do
    [ -n "$home" ] || continue
    major=$(major_of "$home")
    if [ "$major" -ge $least ]; then
        (cd "$home" && pwd)
        exit 0
    fi
    [ "$major" -gt 0 ] && seen="$seen"$'\n'"  JDK $major in $home"
done
if [ -n "${CCR_JDK:-}" ]; then
    echo "CCR_JDK=$CCR_JDK is not a JDK of version $least or newer (javac, jar and include/jni.h are needed)" >&2
    exit 1
fi

best="" best_major=0
on_path=$(command -v javac 2>/dev/null) && on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
for home in ${on_path:+"$on_path"} /usr/lib/jvm/* /usr/local/*jdk* /opt/*jdk* /opt/java/* /opt/*/*jdk* \
    "${HOME:-/nonexistent}"/.sdkman/candidates/java/* "${HOME:-/nonexistent}"/.jdks/*; do
    [ -d "$home" ] && [ ! -L "$home" ] || continue
    major=$(major_of "$home")
    [ "$major" -gt 0 ] && [ "$major" -lt $least ] && seen="$seen"$'\n'"  JDK $major in $home"
    if [ "$major" -gt "$best_major" ]; then
        best=$home best_major=$major
    fi
done
if [ "$best_major" -ge $least ]; then
    echo "$best"
    exit 0
fi
{
    echo "No JDK $least or newer was found: OpenSearch 3 needs one, to build and to run."
    if [ -n "$seen" ]; then
        echo "Found, and too old:$(sort -u <<<"$seen")"
    fi
    echo "Debian 12 has none among its packages: install one (Eclipse Temurin, for one) under /usr/lib/jvm,"
    echo "or name its folder: JAVA_HOME=/path/to/jdk"
} >&2
exit 1
