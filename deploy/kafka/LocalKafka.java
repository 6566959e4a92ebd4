// SPDX-License-Identifier: MIT

import java.io.FileReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * What the script `kafka` needs from Kafka and would otherwise start three or four Java processes for:
 *
 *   format CLUSTER_ID SCRAM_FILE FILE...   prepares the data directories of these server.properties; SCRAM_FILE holds
 *                                          one --add-scram value a line, so that no password is on a command line
 *   ready CLIENT_FILE IDS SECONDS          returns once these brokers take records, all replicas in sync
 *   status CLIENT_FILE SECONDS             prints `name=value` lines about the cluster as its clients see it
 *
 * Exit status 0 or 1; the reason of a 1 is one line on standard error.
 */
public final class LocalKafka {
    private static final String PROBE_TOPIC = "chatbridge-kafka-probe";
    private static final long CALL_MS = 2000;
    private static final long PAUSE_MS = 25;

    private LocalKafka() {}

    public static void main(String[] args) {
        // halt(), not exit(): the clients' threads and hooks have nothing to save and would cost up to a second.
        // A class-data archive is written by the orderly exit only, hence the property.
        int status = 1;
        try {
            status = run(args);
        } catch (Exception e) {
            System.err.println(reason(e));
        }
        System.out.flush();
        System.err.flush();
        if (Boolean.getBoolean("chatbridge.kafka.exit"))
            System.exit(status);
        Runtime.getRuntime().halt(status);
    }

    private static int run(String[] args) throws Exception {
        switch (args.length == 0 ? "" : args[0]) {
        case "format":
            return format(args[1], Path.of(args[2]), Arrays.asList(args).subList(3, args.length));
        case "ready":
            return ready(client(args[1]), ids(args[2]), deadline(args[3]));
        case "status":
            return status(client(args[1]), deadline(args[2]));
        default:
            System.err.println("LocalKafka: format, ready or status?");
            return 1;
        }
    }

    private static int format(String clusterId, Path scram, List<String> files) throws IOException {
        // The tool tells at length what it did: wanted only when it fails.
        java.io.ByteArrayOutputStream said = new java.io.ByteArrayOutputStream();
        for (String file : files) {
            List<String> line = new ArrayList<>(List.of("format", "-t", clusterId, "-c", file));
            for (String credential : Files.readAllLines(scram)) {
                line.add("--add-scram");
                line.add(credential);
            }
            if (kafka.tools.StorageTool.execute(line.toArray(new String[0]), new PrintStream(said)) != 0) {
                System.err.print(said);
                return 1;
            }
        }
        return 0;
    }

    // ---- ready ----

    private interface Step {
        /** True once it holds; an exception or false means: ask again. */
        boolean done() throws Exception;
    }

    private static int ready(Properties client, Set<Integer> brokers, long deadline) throws Exception {
        try (Admin admin = Admin.create(client)) {
            until(deadline, "brokers " + brokers + " to register", () -> registered(admin).containsAll(brokers));
            until(deadline, "a topic to be made", () -> create(admin, brokers.size()));
            produce(client, brokers.size(), deadline);
            // Asking for any group's offsets makes Kafka create __consumer_offsets now, with all brokers there, so
            // that the first consumer does not wait for it.
            until(deadline, "a group coordinator", () -> {
                get(admin.listConsumerGroupOffsets(PROBE_TOPIC).partitionsToOffsetAndMetadata());
                return true;
            });
            until(deadline, "a topic to be deleted", () -> delete(admin));
            until(deadline, "replicas to be in sync", () -> inSync(admin, brokers));
        }
        return 0;
    }

    private static Set<Integer> registered(Admin admin) throws Exception {
        // Fenced brokers are not among these nodes.
        return nodes(get(admin.describeCluster().nodes()));
    }

    private static boolean create(Admin admin, int brokers) throws Exception {
        NewTopic topic = new NewTopic(PROBE_TOPIC, Optional.of(brokers), Optional.of((short) brokers));
        try {
            get(admin.createTopics(List.of(topic)).all());
        } catch (ExecutionException e) {
            return e.getCause() instanceof TopicExistsException; // left by a probe that was interrupted
        }
        return true;
    }

    /** One record to each partition, acknowledged by all replicas. Each broker leads one of the partitions. */
    private static void produce(Properties client, int partitions, long deadline) throws Exception {
        Properties settings = new Properties();
        settings.putAll(client);
        settings.put("acks", "all");
        settings.put("max.block.ms", String.valueOf(CALL_MS));
        settings.put("delivery.timeout.ms", String.valueOf(2 * CALL_MS));
        settings.put("linger.ms", "0");
        settings.put("buffer.memory", "1048576");
        try (Producer<byte[], byte[]> producer =
                 new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < partitions; i++) {
                ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(PROBE_TOPIC, i, null, new byte[] {'x'});
                until(deadline, "a record to be acknowledged", () -> {
                    producer.send(record).get(3 * CALL_MS, TimeUnit.MILLISECONDS);
                    return true;
                });
            }
        }
    }

    private static boolean delete(Admin admin) throws Exception {
        if (get(admin.listTopics().names()).contains(PROBE_TOPIC)) {
            get(admin.deleteTopics(List.of(PROBE_TOPIC)).all());
            return false;
        }
        return true;
    }

    private static Collection<TopicDescription> topics(Admin admin) throws Exception {
        Set<String> names = get(admin.listTopics(new ListTopicsOptions().listInternal(true)).names());
        return get(admin.describeTopics(names).allTopicNames()).values();
    }

    private static boolean inSync(Admin admin, Set<Integer> brokers) throws Exception {
        for (TopicDescription topic : topics(admin)) {
            for (TopicPartitionInfo partition : topic.partitions()) {
                Set<Integer> behind = nodes(partition.replicas());
                behind.retainAll(brokers);
                behind.removeAll(nodes(partition.isr()));
                if (!behind.isEmpty())
                    return false;
            }
        }
        return true;
    }

    // ---- status ----

    private static int status(Properties client, long deadline) throws Exception {
        try (Admin admin = Admin.create(client)) {
            until(deadline, "an answer", () -> !registered(admin).isEmpty());
            int partitions = 0;
            int behind = 0;
            int leaderless = 0;
            Collection<TopicDescription> topics = topics(admin);
            for (TopicDescription topic : topics) {
                for (TopicPartitionInfo partition : topic.partitions()) {
                    partitions++;
                    behind += partition.isr().size() < partition.replicas().size() ? 1 : 0;
                    leaderless += partition.leader() == null ? 1 : 0;
                }
            }
            System.out.println("registered=" + join(registered(admin)));
            System.out.println("controller=" + get(admin.describeMetadataQuorum().quorumInfo()).leaderId());
            System.out.println("topics=" + topics.size());
            System.out.println("partitions=" + partitions);
            System.out.println("under_replicated=" + behind);
            System.out.println("leaderless=" + leaderless);
        }
        return 0;
    }

    // ---- small things ----

    private static void until(long deadline, String what, Step step) throws Exception {
        Exception last = null;
        while (true) {
            try {
                if (step.done())
                    return;
                last = null;
            } catch (ExecutionException | TimeoutException | RuntimeException e) {
                last = e;
            }
            if (System.nanoTime() - deadline > 0)
                throw new TimeoutException("waited for " + what + (last == null ? "" : ": " + reason(last)));
            Thread.sleep(PAUSE_MS);
        }
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.get(3 * CALL_MS, TimeUnit.MILLISECONDS);
    }

    private static Properties client(String file) throws IOException {
        Properties client = new Properties();
        try (FileReader reader = new FileReader(file)) {
            client.load(reader);
        }
        client.put("reconnect.backoff.ms", "20");
        client.put("reconnect.backoff.max.ms", "100");
        client.put("retry.backoff.ms", "20");
        client.put("retry.backoff.max.ms", "100");
        client.put("request.timeout.ms", String.valueOf(CALL_MS));
        client.put("default.api.timeout.ms", String.valueOf(2 * CALL_MS));
        return client;
    }

    private static Set<Integer> ids(String list) {
        return Arrays.stream(list.split(",")).map(Integer::valueOf).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<Integer> nodes(Collection<Node> nodes) {
        return nodes.stream().map(Node::id).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String join(Set<Integer> ids) {
        return ids.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    private static long deadline(String seconds) {
        return System.nanoTime() + Duration.ofSeconds(Long.parseLong(seconds)).toNanos();
    }

    private static String reason(Throwable e) {
        Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
        String text = cause.getMessage();
        return text == null ? cause.getClass().getSimpleName() : text;
    }
}
