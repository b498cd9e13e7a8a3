"""The push hub is bounded: a slow socket is closed, the others do not notice."""

from fairhouse.platform.push import ENDED, QUEUE_MAX, SLOW, Hub


def test_messages_reach_the_listeners_of_their_channel_only() -> None:
    hub = Hub()
    mine, other = hub.attach(["a", "feed"]), hub.attach(["b"])

    hub.publish("a", "1")

    assert mine.queue.get_nowait() == "1"
    assert other.queue.empty()


def test_a_slow_listener_is_closed_and_the_rest_go_on() -> None:
    hub = Hub()
    slow = hub.attach(["feed"])
    for number in range(QUEUE_MAX):
        hub.publish("feed", str(number))
    quick = hub.attach(["feed"])

    hub.publish("feed", "last")

    assert slow.closed == SLOW
    assert quick.queue.get_nowait() == "last"
    drained = [slow.queue.get_nowait() for _ in range(slow.queue.qsize())]
    assert drained[-1] is None


def test_ending_a_channel_closes_its_sockets_and_detach_is_repeatable() -> None:
    hub = Hub()
    listener = hub.attach(["session:1"])

    hub.end("session:1")
    hub.detach(listener)
    hub.detach(listener)

    assert listener.closed == ENDED
    assert not hub.has_listeners("session:1")
