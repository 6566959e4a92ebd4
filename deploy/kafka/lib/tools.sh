# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Kafka's own command-line tools, by their usual names (without "kafka-" and ".sh"), with the cluster's address and the
# user's settings filled in.

# name | class in 4.x | class in 3.9 (=: the same, -: none) | option for the address | option for the settings, 4.x | 3.9
# `-` for an option: the tool has none or takes the address from the settings. The `cluster` tool wants its options last.
tool_table='
acls                 | org.apache.kafka.tools.AclCommand                           | kafka.admin.AclCommand               | --bootstrap-server | --command-config | --command-config
broker-api-versions  | org.apache.kafka.tools.BrokerApiVersionsCommand             | kafka.admin.BrokerApiVersionsCommand | --bootstrap-server | --command-config | --command-config
client-metrics       | org.apache.kafka.tools.ClientMetricsCommand                 | =                                    | --bootstrap-server | --command-config | --command-config
cluster              | org.apache.kafka.tools.ClusterTool                          | kafka.tools.ClusterTool              | --bootstrap-server | --config         | --config
configs              | kafka.admin.ConfigCommand                                   | =                                    | --bootstrap-server | --command-config | --command-config
console-consumer     | org.apache.kafka.tools.consumer.ConsoleConsumer             | =                                    | --bootstrap-server | --command-config | --consumer.config
console-producer     | org.apache.kafka.tools.ConsoleProducer                      | kafka.tools.ConsoleProducer          | --bootstrap-server | --command-config | --producer.config
consumer-groups      | org.apache.kafka.tools.consumer.group.ConsumerGroupCommand  | =                                    | --bootstrap-server | --command-config | --command-config
consumer-perf-test   | org.apache.kafka.tools.ConsumerPerformance                  | =                                    | --bootstrap-server | --command-config | --consumer.config
delete-records       | org.apache.kafka.tools.DeleteRecordsCommand                 | =                                    | --bootstrap-server | --command-config | --command-config
dump-log             | org.apache.kafka.tools.DumpLogSegments                      | kafka.tools.DumpLogSegments          | -                  | -                | -
features             | org.apache.kafka.tools.FeatureCommand                       | =                                    | --bootstrap-server | --command-config | --command-config
get-offsets          | org.apache.kafka.tools.GetOffsetShell                       | =                                    | --bootstrap-server | --command-config | --command-config
groups               | org.apache.kafka.tools.GroupsCommand                        | -                                    | --bootstrap-server | --command-config | -
leader-election      | org.apache.kafka.tools.LeaderElectionCommand                | =                                    | --bootstrap-server | --command-config | --admin.config
log-dirs             | org.apache.kafka.tools.LogDirsCommand                       | =                                    | --bootstrap-server | --command-config | --command-config
metadata-quorum      | org.apache.kafka.tools.MetadataQuorumCommand                | =                                    | --bootstrap-server | --command-config | --command-config
producer-perf-test   | org.apache.kafka.tools.ProducerPerformance                  | =                                    | -                  | --command-config | --producer.config
reassign-partitions  | org.apache.kafka.tools.reassign.ReassignPartitionsCommand   | =                                    | --bootstrap-server | --command-config | --command-config
share-groups         | org.apache.kafka.tools.consumer.group.ShareGroupCommand     | -                                    | --bootstrap-server | --command-config | -
streams-groups       | org.apache.kafka.tools.streams.StreamsGroupCommand          | -                                    | --bootstrap-server | --command-config | -
topics               | org.apache.kafka.tools.TopicCommand                         | =                                    | --bootstrap-server | --command-config | --command-config
transactions         | org.apache.kafka.tools.TransactionsCommand                  | =                                    | --bootstrap-server | --command-config | --command-config
verifiable-consumer  | org.apache.kafka.tools.VerifiableConsumer                   | =                                    | --bootstrap-server | --command-config | --consumer.config
verifiable-producer  | org.apache.kafka.tools.VerifiableProducer                   | =                                    | --bootstrap-server | --command-config | --producer.config
'

tool_names() { awk '$1 { printf "%s ", $1 }' <<<"$tool_table" | fmt -w 96 | sed 's/^/  /'; }

# Sets tool_class, tool_address, tool_settings for the selected version.
tool_find() { # name
    local row
    row=$(awk -v wanted="$1" '$1 == wanted' <<<"$tool_table")
    [[ $row ]] || usage_error "there is no tool '$1'"
    local new old address new_settings old_settings
    IFS='| ' read -r _ new old address new_settings old_settings <<<"$row"
    tool_class=$new tool_address=$address tool_settings=$new_settings
    [[ $version == 3.* ]] || return 0
    [[ $old == = ]] || tool_class=$old
    tool_settings=$old_settings
    [[ $tool_class != - ]] || die "Kafka $version has no tool '$1'"
}

# Becomes the tool.
tool_run() { # user, tool, arguments...
    local user=$1 tool=$2 given=() argument
    shift 2
    tool_find "$tool"
    for argument; do
        case $argument in
            --help | --version) tool_address=- tool_settings=- ;;
            --bootstrap-server* | --bootstrap-controller* | --broker-list*) tool_address=- ;;
            "$tool_settings" | "$tool_settings"=*) tool_settings=- ;;
        esac
    done
    (($# > 0)) || tool_address=- tool_settings=-
    [[ $tool_address == - ]] || given+=("$tool_address" "$(bootstrap)")
    [[ $tool_settings == - ]] || given+=("$tool_settings" "$cluster_dir/clients/$user.properties")
    [[ $tool_address$tool_settings == -- ]] || any_running || die "the cluster '$name' does not run; start it with: \
kafka up${name_option:+ $name_option}"
    jvm_for tool 256
    if [[ $tool == cluster ]]; then
        exec "${jvm[@]}" -cp "$class_path" "$tool_class" "$@" "${given[@]}"
    fi
    exec "${jvm[@]}" -cp "$class_path" "$tool_class" "${given[@]}" "$@"
}
