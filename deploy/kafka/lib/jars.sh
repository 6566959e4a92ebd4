# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Java, and what it runs: a release's class path (from Maven, once), the helper LocalKafka, and archives of loaded
# classes, which halve the start of a JVM. All of it is in the cache, one directory a release line, and can be removed
# at any time.

known_versions=(4.3 3.9)

find_java() { # sets java, java_home
    if [[ ${JAVA_HOME:-} ]]; then
        java=$JAVA_HOME/bin/java
        [[ -x $java ]] || die "JAVA_HOME is $JAVA_HOME, but there is no bin/java in it"
    else
        java=$(command -v java) || die "Java is missing: install a JDK, 17 or newer (Debian: default-jdk-headless)"
    fi
    java=$(readlink -f "$java")
    java_home=${java%/bin/java}
}

# Every JDK has this file; one that has none is given the benefit of the doubt.
need_java_17() {
    local major
    major=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$java_home/release" 2>/dev/null) || return 0
    [[ ! $major || $major -ge 17 ]] || die "Kafka needs Java 17 or newer, $java_home is Java $major"
}

# The JVM and its flags for one kind of process; broker, format, ready and tool each have their archive of classes.
# C1 alone and the serial collector: a third of the start and half the memory of the defaults.
jvm_for() { # kind, heap in MiB; sets jvm
    local archive=$version_dir/$1.jsa level=ERROR config=$here/log4j2
    [[ $1 == tool ]] && archive=$version_dir/ready.jsa level=WARN
    jvm=("$java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData "-Xms16m" "-Xmx$2m"
        -Xlog:disable -Xlog:all=error:stderr "-Dkafka.log.level=$level")
    if [[ ${training:-} ]]; then
        jvm+=(-XX:ArchiveClassesAtExit="$archive" -Dchatbridge.kafka.exit=true)
    elif [[ -e $archive ]]; then
        jvm+=(-XX:SharedArchiveFile="$archive")
    fi
    [[ $version == 3.* ]] && config=$here/reload4j
    [[ $1 == broker ]] || config+=-tool
    case $version in
        3.*) jvm+=("-Dlog4j.configuration=file:$config.properties") ;;
        *) jvm+=("-Dlog4j2.configurationFile=$config.properties" -Dlog4j2.disableJmx=true) ;;
    esac
}

read_class_path() { # sets class_path, release
    class_path=$version_dir/helper.jar:$(<"$version_dir/classpath")
    [[ $class_path =~ /kafka_2\.13-([0-9.]+)\.jar ]] || die "no Kafka in $version_dir/classpath"
    release=${BASH_REMATCH[1]}
}

# Makes what is missing or out of date. Costs some milliseconds when nothing is.
prepare() {
    find_java
    need_java_17
    lock "$cache/$version.lock" "the jars of Kafka $version"
    mkdir -p "$version_dir"
    jars_current || jars_resolve
    read_class_path
    helper_current || helper_compile
    # The recording runs on this cluster's ports, hence only while nothing of it runs.
    archives_current || any_running || archives_record
    unlock
}

# ---- the class path ----

jars_current() {
    local jars jar
    [[ -s $version_dir/classpath && ! $here/pom.xml -nt $version_dir/classpath ]] || return
    IFS=: read -ra jars <"$version_dir/classpath"
    for jar in "${jars[@]}"; do [[ -r $jar ]] || return; done
}

jars_resolve() {
    local log=$version_dir/maven.log
    command -v mvn >/dev/null || die "Maven is missing and the jars of Kafka $version are not there yet: install it \
(Debian: maven)"
    rm -f "$version_dir/classpath"
    JAVA_HOME=$java_home mvn -B -f "$here/pom.xml" -P"kafka-$version" dependency:build-classpath \
        -Dmdep.outputFile="$version_dir/classpath.new" </dev/null >"$log" 2>&1 &
    if ! watch_child $! "asking Maven for Kafka $version" jars_fetched; then
        grep -m 5 '^\[ERROR\]' "$log" >&2 || tail -n 5 "$log" >&2
        die "Maven failed; all it said: $log"
    fi
    mv "$version_dir/classpath.new" "$version_dir/classpath"
}

jars_fetched() { printf '(%d files fetched)' "$(grep -c '^Downloaded ' "$version_dir/maven.log")"; }

# ---- the helper ----

helper_current() {
    [[ -s $version_dir/helper.jar && ! $here/LocalKafka.java -nt $version_dir/helper.jar &&
        ! $version_dir/classpath -nt $version_dir/helper.jar ]]
}

helper_compile() {
    local classes=$version_dir/classes
    [[ -x $java_home/bin/javac && -x $java_home/bin/jar ]] ||
        die "$java_home has no compiler: install a JDK, 17 or newer (Debian: default-jdk-headless)"
    rm -rf "$classes" "$version_dir/helper.jar"
    # A jar, since directories cannot be in an archive of classes.
    {
        "$java_home/bin/javac" -d "$classes" -cp "$class_path" "$here/LocalKafka.java" &&
            "$java_home/bin/jar" --create --file "$version_dir/helper.jar" -C "$classes" .
    } >"$version_dir/javac.log" 2>&1 &
    watch_child $! "compiling the helper" || die "LocalKafka.java did not compile with $java_home (17 or newer is \
needed): $version_dir/javac.log"
}

# ---- the archives of loaded classes ----

# An archive is of use to the very Java, class path and helper that made it.
archives_stamp() {
    stat -L -c '%n %Y %s' "$java" "$java_home/lib/modules" "$version_dir/classpath" "$version_dir/helper.jar"
}

archives_current() { [[ -s $version_dir/archives && $(<"$version_dir/archives") == "$(archives_stamp)" ]]; }

# Runs a throw-away cluster once, with all that can be loaded (TLS, SCRAM, authorizer). Without the archives everything
# works the same, only slower, so a failure here is told and no more.
archives_record() {
    rm -f "$version_dir"/*.jsa "$version_dir/archives"
    (archives_train) >"$version_dir/archives.log" 2>&1 &
    if watch_child $! "first use of Kafka $release with this Java: recording its classes"; then
        archives_stamp >"$version_dir/archives"
    else
        note "kafka: no archive of classes could be made ($version_dir/archives.log); starts will be slower"
    fi
}

archives_train() {
    local training=1
    cluster_dir=$version_dir/training
    name=training
    conf[brokers]=1 conf[sasl]=scram conf[auto_create]=no
    command -v openssl >/dev/null && conf[tls]=yes
    conf_settle
    node_stop 5 1 # of a recording that was cut short
    rm -rf "$cluster_dir"
    trap 'node_kill 1' EXIT
    cluster_create
    node_start 1
    helper ready 256 ready "$cluster_dir/clients/admin.properties" 1 30 || return
    node_stop 30 1
    rm -rf "$cluster_dir"
}
