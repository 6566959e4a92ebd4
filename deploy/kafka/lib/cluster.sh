# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The files of one cluster: what it was asked to be (cluster.conf), each node's server.properties, secrets, certificates
# and the clients' settings. Everything is made before the first start and read-only afterwards; cluster.conf is written
# last, so that a directory without it is a creation that was interrupted.

declare -A conf=()
conf_keys=(version brokers port tls sasl auto_create)
declare -A conf_default=([version]=4.3 [brokers]=1 [port]=19092 [tls]=no [sasl]=none [auto_create]=no)
users=(admin chatbridge)

cluster_exists() { [[ -e $cluster_dir/cluster.conf ]]; }

cluster_load() {
    local key value
    while IFS='=' read -r key value; do conf[$key]=$value; done <"$cluster_dir/cluster.conf"
    conf_settle
}

conf_settle() { # what follows from conf: version, version_dir, nodes
    version=${conf[version]}
    version_dir=$cache/$version
    mapfile -t nodes < <(seq 1 "${conf[brokers]}")
}

need_cluster() {
    cluster_exists || die "there is no cluster '$name' (in $root); make it with: kafka up${name_option:+ $name_option}"
    cluster_load
}

cluster_summary() {
    printf 'Kafka %s, %s broker(s), %s' "${release:-$version}" "${conf[brokers]}" "$(protocol)"
    [[ ${conf[sasl]} == none ]] || printf ' (%s)' "$(mechanism)"
    printf ', %s\n' "$(bootstrap)"
}

# ---- names that follow from the configuration ----

broker_port() { printf '%d' $((conf[port] + $1 - 1)); }
# The block of six ports is the same for one broker and three.
controller_port() { printf '%d' $((conf[port] + 2 + $1)); }

joined() { # separator, words...
    local IFS=$1
    shift
    printf '%s' "$*"
}

bootstrap() {
    local n list=()
    for n in "${nodes[@]}"; do list+=("127.0.0.1:$(broker_port "$n")"); done
    joined , "${list[@]}"
}

protocol() {
    case ${conf[tls]}-${conf[sasl]} in
        no-none) echo PLAINTEXT ;;
        yes-none) echo SSL ;;
        no-*) echo SASL_PLAINTEXT ;;
        *) echo SASL_SSL ;;
    esac
}

mechanism() { [[ ${conf[sasl]} == plain ]] && echo PLAIN || echo SCRAM-SHA-512; }

# ---- creation ----

cluster_create() {
    umask 077
    rm -rf "$cluster_dir"
    mkdir -p "$cluster_dir"/{secrets,clients}
    local n user
    [[ ${conf[sasl]} == none ]] || for user in "${users[@]}"; do make_password "$user"; done
    [[ ${conf[tls]} == no ]] || certificates_make
    for n in "${nodes[@]}"; do
        mkdir -p "$cluster_dir/node-$n/data"
        server_properties "$n" >"$cluster_dir/node-$n/server.properties"
    done
    for user in "${users[@]}"; do client_files "$user"; done
    format_nodes
    for n in "${conf_keys[@]}"; do printf '%s=%s\n' "$n" "${conf[$n]}"; done >"$cluster_dir/cluster.conf.new"
    mv "$cluster_dir/cluster.conf.new" "$cluster_dir/cluster.conf"
}

password() { printf '%s' "$(<"$cluster_dir/secrets/$1.password")"; }

# Letters and digits only: safe in properties, in JAAS and in INI files.
make_password() { printf '%s\n' "$(random_id | tr -d '_-')" >"$cluster_dir/secrets/$1.password"; }

random_id() { head -c 16 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '='; }

format_nodes() {
    local files=() n user hash scram=$cluster_dir/secrets/scram id
    : >"$scram"
    if [[ ${conf[sasl]} == scram ]]; then
        for user in "${users[@]}"; do
            for hash in SCRAM-SHA-256 SCRAM-SHA-512; do
                printf '%s=[name=%s,password=%s]\n' "$hash" "$user" "$(password "$user")"
            done
        done >"$scram"
    fi
    for n in "${nodes[@]}"; do files+=("$cluster_dir/node-$n/server.properties"); done
    # An id that begins with '-' would be an option to Kafka's own tools.
    id=$(random_id)
    helper format 128 format "${id/#-/A}" "$scram" "${files[@]}" || die "the data directories could not be formatted"
    rm -f "$scram"
}

helper() { (helper_exec "$@"); }

# Becomes the helper: in the background its pid is then the JVM's.
helper_exec() { # kind, heap, arguments...
    jvm_for "$1" "$2"
    shift 2
    exec "${jvm[@]}" -cp "$class_path" LocalKafka "$@"
}

# ---- server.properties ----

server_properties() { # node
    local n voters=() copies=${conf[brokers]} in_sync=1 own
    for n in "${nodes[@]}"; do voters+=("$n@127.0.0.1:$(controller_port "$n")"); done
    ((copies == 1)) || in_sync=2
    own="CLIENT://127.0.0.1:$(broker_port "$1")"
    cat "$here/server.properties"
    cat <<END

# ---- of this node, made by \`kafka up\` ----

node.id=$1
controller.quorum.voters=$(joined , "${voters[@]}")
listeners=$own,CONTROLLER://127.0.0.1:$(controller_port "$1")
advertised.listeners=$own
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CLIENT:$(protocol),CONTROLLER:$(controller_protocol)
log.dirs=$cluster_dir/node-$1/data

default.replication.factor=$copies
min.insync.replicas=$in_sync
offsets.topic.replication.factor=$copies
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$in_sync
share.coordinator.state.topic.replication.factor=$copies
share.coordinator.state.topic.min.isr=$in_sync
auto.create.topics.enable=$([[ ${conf[auto_create]} == yes ]] && echo true || echo false)
END
    [[ ${conf[tls]} == no ]] || server_tls "$1"
    [[ ${conf[sasl]} == none ]] || server_sasl
}

controller_protocol() { [[ ${conf[sasl]} == none ]] && echo PLAINTEXT || echo SASL_PLAINTEXT; }

server_tls() { # node
    cat <<END

ssl.keystore.type=PEM
ssl.keystore.location=$cluster_dir/tls/node-$1.pem
ssl.truststore.type=PEM
ssl.truststore.location=$cluster_dir/tls/ca.pem
END
}

# Brokers talk to each other as admin, by the clients' mechanism, and to the controllers by PLAIN, since SCRAM's secrets
# are in the metadata that the controllers are about to serve.
server_sasl() {
    local login
    login="username=\"admin\" password=\"$(password admin)\""
    cat <<END

authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin
allow.everyone.if.no.acl.found=false
sasl.mechanism.inter.broker.protocol=$(mechanism)
sasl.mechanism.controller.protocol=PLAIN
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config=$plain_module $login user_admin="$(password admin)";
END
    if [[ ${conf[sasl]} == plain ]]; then
        cat <<END
listener.name.client.sasl.enabled.mechanisms=PLAIN
listener.name.client.plain.sasl.jaas.config=$plain_module $login user_admin="$(password admin)" \
user_chatbridge="$(password chatbridge)";
END
    else
        cat <<END
listener.name.client.sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256
listener.name.client.scram-sha-512.sasl.jaas.config=$scram_module $login;
listener.name.client.scram-sha-256.sasl.jaas.config=$scram_module $login;
END
    fi
}

plain_module='org.apache.kafka.common.security.plain.PlainLoginModule required'
scram_module='org.apache.kafka.common.security.scram.ScramLoginModule required'

# ---- the clients' settings ----

# USER.ini for chatbridge, USER.kcat for kcat -F, USER.properties for Kafka's tools and other Java clients.
client_files() { # user
    local base=$cluster_dir/clients/$1 jaas=$scram_module
    [[ ${conf[sasl]} == plain ]] && jaas=$plain_module
    librdkafka_settings "$1" ' = ' file | sed '1i [kafka]' >"$base.ini"
    librdkafka_settings "$1" '=' value >"$base.kcat"
    {
        printf 'bootstrap.servers=%s\nsecurity.protocol=%s\n' "$(bootstrap)" "$(protocol)"
        [[ ${conf[tls]} == no ]] ||
            printf 'ssl.truststore.type=PEM\nssl.truststore.location=%s\n' "$cluster_dir/tls/ca.pem"
        [[ ${conf[sasl]} == none ]] ||
            printf 'sasl.mechanism=%s\nsasl.jaas.config=%s username="%s" password="%s";\n' "$(mechanism)" "$jaas" "$1" \
                "$(password "$1")"
    } >"$base.properties"
}

librdkafka_settings() { # user, separator, password as: file, value
    local between=$2
    row() { printf '%s%s%s\n' "$1" "$between" "$2"; }
    row bootstrap.servers "$(bootstrap)"
    row security.protocol "$(protocol)"
    [[ ${conf[tls]} == no ]] || row ssl.ca.location "$cluster_dir/tls/ca.pem"
    [[ ${conf[sasl]} != none ]] || return 0
    row sasl.mechanisms "$(mechanism)"
    row sasl.username "$1"
    case $3 in
        file) row sasl.password.file "$cluster_dir/secrets/$1.password" ;;
        value) row sasl.password "$(password "$1")" ;;
    esac
}

# ---- certificates ----

certificates_make() {
    local dir=$cluster_dir/tls n
    command -v openssl >/dev/null || die "openssl is missing, and --tls needs it"
    mkdir -p "$dir"
    {
        make_key "$dir/ca.key"
        openssl req -x509 -new -key "$dir/ca.key" -days 3650 -subj "/CN=chatbridge local Kafka CA ($name)" \
            -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -out "$dir/ca.pem"
        for n in "${nodes[@]}"; do certificate_make "$n"; done
    } >"$dir/openssl.log" 2>&1 || die "openssl failed: $(tail -n 1 "$dir/openssl.log")"
}

make_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

certificate_make() { # node
    local dir=$cluster_dir/tls base=$cluster_dir/tls/node-$1
    make_key "$base.key"
    openssl req -new -key "$base.key" -subj "/CN=broker $1" -out "$base.csr"
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' >"$base.ext"
    openssl x509 -req -in "$base.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 3650 \
        -extfile "$base.ext" -out "$base.crt"
    cat "$base.key" "$base.crt" "$dir/ca.pem" >"$base.pem" # Kafka wants key and chain in one file
    rm -f "$base.csr" "$base.ext" "$base.crt" "$base.key"
}
