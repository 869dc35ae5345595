#!/usr/bin/env bash
# Tests of the native boundary from Java, and of rules that no real cluster can be brought to show: run.sh BUILD JAR LIB
#   BUILD  build folder with libccr_jni.so in it (or under jni-shim/); classes and JUnit go to BUILD/jni-tests
#   JAR    the shim's jar, or a folder of its classes
#   LIB    lib/ of an OpenSearch distribution
# Runs under -Xcheck:jni: a warning that names our package fails. Ends with "N passed, N failed".
set -euo pipefail
[ $# -eq 3 ] || { sed -n '2,6p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd) jar=$(realpath "$2") lib=$(cd "$3" && pwd)
work=$build/jni-tests
junit_version=1.10.2
junit=$work/junit-platform-console-standalone-$junit_version.jar
jdk=${CCR_JDK:-$("$here/../../scripts/find-jdk.sh")}

library=$build/jni-shim/libccr_jni.so
[ -e "$library" ] || library=$build/libccr_jni.so
[ -e "$library" ] || { echo "no libccr_jni.so in $build" >&2; exit 2; }
mkdir -p "$work"
if [ ! -e "$junit" ]; then
    "$here/../../scripts/again.sh" mvn -q -B -U dependency:copy -Dartifact=org.junit.platform:junit-platform-console-standalone:$junit_version \
        -DoutputDirectory="$work" >&2
fi

# JUnit stands before the distribution's jars and brings no class that those have.
rm -rf "$work/classes"
"$jdk/bin/javac" --release 21 -proc:none -Xlint:all,-path,-classfile,-processing -cp "$jar:$junit:$lib/*" -d "$work/classes" \
    $(find "$here/org" -name "*.java")
status=0
"$jdk/bin/java" -Xcheck:jni -Xmx512m -XX:MaxDirectMemorySize=256m -ea --enable-native-access=ALL-UNNAMED \
    -Dccr.native.path="$library" -Dccr.golden="$here/../golden/tlog-3.6.0" -Dccr.docs="$here/../../docs" -Dlog4j2.disable.jmx=true \
    -Dlog4j2.configurationFile="$here/log4j2-test.properties" \
    -cp "$junit:$work/classes:$jar:$lib/*" org.junit.platform.console.ConsoleLauncher execute --disable-banner \
    --details=tree --scan-class-path="$work/classes" >"$work/output.txt" 2>&1 || status=$?

passed=$(sed -n 's/^\[ *\([0-9]*\) tests successful *\]$/\1/p' "$work/output.txt")
failed=$(sed -n 's/^\[ *\([0-9]*\) tests failed *\]$/\1/p' "$work/output.txt")
passed=${passed:-0} failed=${failed:-0}
warnings=$(grep -A12 '^WARNING in native method\|^FATAL ERROR in native method' "$work/output.txt" | grep -c 'org\.opensearch\.ccr' || true)
if [ "$failed" -gt 0 ] || [ "$status" -ne 0 ] || [ "$warnings" -gt 0 ] || [ "$passed" -eq 0 ]; then
    cat "$work/output.txt"
    [ "$warnings" -eq 0 ] || echo "-Xcheck:jni complains about our package"
    [ "$failed" -gt 0 ] || failed=1
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
