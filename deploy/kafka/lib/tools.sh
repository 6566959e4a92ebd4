# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Kafka's own command-line tools, by their usual names (without "kafka-" and ".sh"), with the cluster's address and the
# user's settings filled in.

# name, class in 4.x (.X: org.apache.kafka.tools.X), class in 3.9 (=: the same, none: no such tool), option for the
# client's settings in 4.x and in 3.9 (=: --command-config, none: it needs no cluster).
tool_table='
acls                .AclCommand                          kafka.admin.AclCommand               =        =
broker-api-versions .BrokerApiVersionsCommand            kafka.admin.BrokerApiVersionsCommand =        =
client-metrics      .ClientMetricsCommand                =                                    =        =
cluster             .ClusterTool                         =                                    =        --config
configs             kafka.admin.ConfigCommand            =                                    =        =
console-consumer    .consumer.ConsoleConsumer            =                                    =        --consumer.config
console-producer    .ConsoleProducer                     kafka.tools.ConsoleProducer          =        --producer.config
consumer-groups     .consumer.group.ConsumerGroupCommand =                                    =        =
consumer-perf-test  .ConsumerPerformance                 =                                    =        --consumer.config
delete-records      .DeleteRecordsCommand                =                                    =        =
dump-log            .DumpLogSegments                     kafka.tools.DumpLogSegments          none     none
features            .FeatureCommand                      =                                    =        =
get-offsets         .GetOffsetShell                      =                                    =        =
groups              .GroupsCommand                       none                                 =        =
leader-election     .LeaderElectionCommand               =                                    =        --admin.config
log-dirs            .LogDirsCommand                      =                                    =        =
metadata-quorum     .MetadataQuorumCommand               =                                    =        =
producer-perf-test  .ProducerPerformance                 =                                    =        --producer.config
reassign-partitions .reassign.ReassignPartitionsCommand  =                                    =        =
share-groups        .consumer.group.ShareGroupCommand    none                                 =        =
streams-groups      .streams.StreamsGroupCommand         none                                 =        =
topics              .TopicCommand                        =                                    =        =
transactions        .TransactionsCommand                 =                                    =        =
verifiable-consumer .VerifiableConsumer                  =                                    =        --consumer.config
verifiable-producer .VerifiableProducer                  =                                    =        --producer.config
'

tool_names() { awk '$1 { printf "%s ", $1 }' <<<"$tool_table" | fmt -w 96 | sed 's/^/  /'; }

# Sets tool_class, tool_address, tool_settings (the options; empty: none) for the cluster's version.
tool_find() { # name
    local known new old new_settings old_settings
    while read -r known new old new_settings old_settings; do
        [[ $known != "$1" ]] || break
    done <<<"$tool_table"
    [[ $known ]] || usage_error "there is no tool '$1'"
    tool_class=$new tool_settings=$new_settings tool_address=--bootstrap-server
    if [[ $version == 3.* ]]; then
        [[ $old == = ]] || tool_class=$old
        tool_settings=$old_settings
    fi
    [[ $tool_class != none ]] || die "Kafka $version has no tool '$1'"
    tool_class=${tool_class/#./org.apache.kafka.tools.}
    case $tool_settings in
        =) tool_settings=--command-config ;;
        none) tool_settings='' tool_address='' ;;
    esac
    # This one takes the address from the settings; in 3.9 it has no option for it.
    [[ $1 != producer-perf-test ]] || tool_address=''
}

# Becomes the tool.
tool_run() { # user, tool, arguments...
    local user=$1 tool=$2 given=() argument
    shift 2
    tool_find "$tool"
    for argument; do
        case $argument in
            --help | --version) tool_address='' tool_settings='' ;;
            --bootstrap-server* | --bootstrap-controller* | --broker-list*) tool_address='' ;;
            "$tool_settings" | "$tool_settings"=*) tool_settings='' ;;
        esac
    done
    [[ ! $tool_address ]] || given+=("$tool_address" "$(bootstrap)")
    [[ ! $tool_settings ]] || given+=("$tool_settings" "$cluster_dir/clients/$user.properties")
    [[ ! $tool_address$tool_settings ]] || any_running || die "the cluster '$name' does not run; start it with: \
kafka up${name_option:+ $name_option}"
    jvm_for tool 256
    if [[ $tool == cluster ]]; then
        exec "${jvm[@]}" -cp "$class_path" "$tool_class" "$@" "${given[@]}" # it wants its options last
    fi
    exec "${jvm[@]}" -cp "$class_path" "$tool_class" "${given[@]}" "$@"
}
