#!/usr/bin/env bash
# Measures the crossing from Java to C: run.sh BUILD JAR LIB, as tests/jni/run.sh takes them.
set -euo pipefail
[ $# -eq 3 ] || { sed -n '2p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd) jar=$(realpath "$2") lib=$(cd "$3" && pwd)
jdk=${CCR_JDK:-$("$here/../../../scripts/find-jdk.sh")}
classes=$build/jni-bench
rm -rf "$classes"
"$jdk/bin/javac" --release 21 -proc:none -Xlint:all,-path,-classfile,-processing -cp "$jar:$lib/*" -d "$classes" \
    "$here"/org/opensearch/ccr/core/*.java "$here/../../jni/org/opensearch/ccr/core/Cores.java"
"$jdk/bin/java" -Xmx256m --enable-native-access=ALL-UNNAMED -Dccr.native.path="$build/jni-shim/libccr_jni.so" \
    -Dlog4j2.disable.jmx=true -Dlog4j2.configurationFile="$here/../../jni/log4j2-test.properties" \
    -cp "$classes:$jar:$lib/*" org.opensearch.ccr.core.CrossingBench
