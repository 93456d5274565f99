"""Parts of the simulated queue without a socket: message ids, what a URL asks for, and the choice of a partition."""

import pytest

from simulators.tuya_queue import MessageId
from simulators.tuya_queue.message_id import NoMessageId, NotBase64
from simulators.tuya_queue.options import BadQuery, BadTopic, parse_path, parse_query
from simulators.tuya_queue.topic import java_hash


def test_message_id_of_the_documentation() -> None:
    assert MessageId(ledger=0, entry=3).text() == "CAAQAw=="
    assert MessageId.parse("CAAQAw==") == MessageId(ledger=0, entry=3)


@pytest.mark.parametrize("partition", [None, 0, 10])
def test_message_ids(partition: int | None) -> None:
    message_id = MessageId(ledger=4_100, entry=2**40 + 7, partition=partition)
    assert MessageId.parse(message_id.text()) == message_id


@pytest.mark.parametrize("text", ["", "CAA=", "CAAQ", "/////w==", "CgNhYmM="])
def test_no_message_id(text: str) -> None:
    with pytest.raises(NoMessageId):
        MessageId.parse(text)


@pytest.mark.parametrize("text", ["CAAQAw", "no base64!", "CAAQ\nAw=="])
def test_no_base64(text: str) -> None:
    with pytest.raises(NotBase64):
        MessageId.parse(text)


def test_partitions_are_chosen_as_java_does() -> None:
    # "polygenelubricants".hashCode() is Java's smallest int, and 0 without its sign.
    assert java_hash("polygenelubricants") == 0
    assert java_hash("Hello") == 69609650
    assert java_hash("\N{GRINNING FACE}") == (31 * 0xD83D + 0xDE00) & 0x7FFFFFFF
    assert java_hash("") == 0


def test_path() -> None:
    path = parse_path("persistent/id/out/event/my%2Fown-sub")
    assert (path.domain, path.tenant, path.namespace, path.topic) == ("persistent", "id", "out", "event")
    assert path.subscription == "my/own-sub"


@pytest.mark.parametrize("rest", ["", "persistent/id/out", "queue/id/out/event/sub"])
def test_path_of_no_topic(rest: str) -> None:
    with pytest.raises(BadTopic, match="Invalid topic name"):
        parse_path(rest)


@pytest.mark.parametrize("rest", ["persistent/id/out/event", "persistent/id/out/event/sub/more", "persistent/a/b/c/"])
def test_path_of_no_subscription(rest: str) -> None:
    with pytest.raises(BadQuery):
        parse_path(rest)


def test_query_defaults() -> None:
    options = parse_query({})
    assert (options.type, options.ack_timeout, options.receiver_queue) == ("Exclusive", 0.0, 1000)
    assert (options.pull, options.priority, options.nack_delay, options.durable) == (False, 0, 60.0, True)
    assert len(options.name) == 5 and options.name != parse_query({}).name


def test_query() -> None:
    options = parse_query(
        {
            "ackTimeoutMillis": "30000",
            "subscriptionType": "Key_Shared",
            "receiverQueueSize": "5000",
            "consumerName": "me",
            "priorityLevel": "3",
            "maxRedeliverCount": "2",
            "deadLetterTopic": "persistent://id/out/dead",
            "pullMode": "TRUE",
            "negativeAckRedeliveryDelay": "1500",
            "subscriptionMode": "NonDurable",
            "unknown": "is fine",
        }
    )
    assert (options.type, options.ack_timeout, options.receiver_queue) == ("Key_Shared", 30.0, 1000)
    assert (options.name, options.priority, options.pull) == ("me", 3, True)
    assert (options.nack_delay, options.durable) == (1.5, False)


def test_query_at_its_limits() -> None:
    assert parse_query({"receiverQueueSize": "0"}).receiver_queue == 1
    assert parse_query({"ackTimeoutMillis": "0"}).ack_timeout == 0
    assert parse_query({"ackTimeoutMillis": "+1000"}).ack_timeout == 1
    assert parse_query({"negativeAckRedeliveryDelay": "0"}).nack_delay == 0.1
    assert parse_query({"pullMode": "yes"}).pull is False


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"ackTimeoutMillis": "999"}, "greater than 1000"),
        ({"ackTimeoutMillis": "-1"}, "greater than 1000"),
        ({"ackTimeoutMillis": "30s"}, 'For input string: "30s"'),
        ({"ackTimeoutMillis": ""}, "For input string"),
        ({"ackTimeoutMillis": "2147483648"}, "For input string"),
        ({"ackTimeoutMillis": "١٠٠٠"}, "For input string"),
        ({"subscriptionType": "failover"}, "Invalid subscriptionType failover"),
        ({"receiverQueueSize": "-1"}, "receiverQueueSize"),
        ({"consumerName": " "}, "consumerName"),
        ({"priorityLevel": "-1"}, "priorityLevel"),
        ({"maxRedeliverCount": "0"}, "MaxRedeliverCount"),
        ({"negativeAckRedeliveryDelay": "-1"}, "redeliveryDelay"),
        ({"subscriptionMode": "durable"}, "Invalid subscriptionMode"),
    ],
)
def test_query_that_cannot_be(query: dict[str, str], words: str) -> None:
    with pytest.raises(BadQuery, match=words):
        parse_query(query)
