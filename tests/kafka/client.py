# SPDX-License-Identifier: MIT
"""Kafka clients for the tests: a load that keeps on producing, and reading a topic to its end."""

import threading
import time

import confluent_kafka
from confluent_kafka import admin

from conftest import PATIENCE

LIBRDKAFKA = confluent_kafka.libversion()[1] >> 8


def eventually(condition, seconds, what):
    """Waits until the condition gives something true, which is returned."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
        time.sleep(0.05)


def metadata(settings, topic):
    return admin.AdminClient({**settings, "log_level": 0}).list_topics(topic, timeout=10 * PATIENCE).topics[topic]


def leader(settings, topic):
    return metadata(settings, topic).partitions[0].leader


def produce(settings, topic, values, seconds=15):
    """The error of each record's delivery; None is well."""
    errors = []
    producer = confluent_kafka.Producer({**settings, "message.timeout.ms": int(seconds * 1000 * PATIENCE),
                                         "topic.metadata.propagation.max.ms": int(2000 * PATIENCE),
                                         "acks": "all", "log_level": 0})
    for value in values:
        producer.produce(topic, value, on_delivery=lambda error, _: errors.append(error and error.name()))
    producer.flush(seconds * PATIENCE + 1)
    return errors


def read_all(settings, topic, seconds=20):
    """All values of a topic with one partition, in order."""
    consumer = confluent_kafka.Consumer({**settings, "group.id": "reader", "enable.auto.commit": False,
                                         "log_level": 0})
    place = confluent_kafka.TopicPartition(topic, 0, confluent_kafka.OFFSET_BEGINNING)
    _, end = consumer.get_watermark_offsets(place, timeout=10 * PATIENCE)
    consumer.assign([place])
    values, deadline = [], time.monotonic() + seconds * PATIENCE
    while len(values) < end:
        assert time.monotonic() < deadline, f"{len(values)} of {end} records in {seconds} s"
        message = consumer.poll(0.2)
        if message and not message.error():
            values.append(message.value())
    consumer.close()
    return values


class Load:
    """Produces about 200 numbered records a second until left; `acknowledged` are those that Kafka has taken."""

    def __init__(self, settings, topic):
        self.topic, self.sent = topic, 0
        self.acknowledged, self.failed = set(), []
        self.producer = confluent_kafka.Producer({**settings, "enable.idempotence": True, "log_level": 0,
                                                  "message.timeout.ms": int(60000 * PATIENCE),
                                                  # A broker that hangs answers nothing and hangs up on nobody.
                                                  "socket.timeout.ms": int(4000 * PATIENCE),
                                                  "reconnect.backoff.max.ms": 500})
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.produce)

    def produce(self):
        while not self.ending.is_set():
            self.producer.produce(self.topic, b"%d" % self.sent, on_delivery=self.delivered)
            self.sent += 1
            self.producer.poll(0.005)

    def delivered(self, error, message):
        if error:
            self.failed.append(error.name())
        else:
            self.acknowledged.add(message.value())

    def flows(self, seconds, what):
        """Another 50 records get through."""
        enough = len(self.acknowledged) + 50
        eventually(lambda: len(self.acknowledged) >= enough, seconds, f"records flow {what}")

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
        self.producer.flush(60 * PATIENCE)
