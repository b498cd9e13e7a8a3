"""A socket that lags misses states in between, and nothing else."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from fairhouse.platform.frames import text_frame
from fairhouse.platform.push import WAITING_MAX, Hub

STATES = ("btc", "eth")

steps = st.lists(
    st.one_of(
        st.sampled_from(["shut", "open"]),
        st.tuples(st.sampled_from(["player", "feed"]), st.sampled_from([None, *STATES])),
    ),
    max_size=60,
)


class Gate:
    """A port that takes a few frames at a time."""

    def __init__(self, width: int) -> None:
        self.on_writable: Callable[[], None] | None = None
        self.width = width
        self.left = width
        self.texts: list[str] = []

    def write_frame(self, frame: bytes) -> bool:
        if self.left <= 0:
            return False
        self.left -= 1
        self.texts.append(frame[2:].decode())
        return True

    def close(self, code: int, reason: str) -> None:
        raise AssertionError(f"closed: {code} {reason}")

    def forget_handshake(self) -> None:
        """Nothing to forget."""

    def open(self) -> None:
        """Some room again."""
        self.left = self.width
        assert self.on_writable is not None
        self.on_writable()


@given(steps, st.integers(1, 5))
def test_everything_but_overtaken_states_arrives_once_and_in_order(
    script: list[str | tuple[str, str | None]], width: int
) -> None:
    assert len(script) < WAITING_MAX
    hub, gate = Hub(), Gate(width)
    listener = hub.attach(["player", "feed"], gate)
    said: list[tuple[str, tuple[str, str] | None]] = []
    for number, step in enumerate(script):
        if step == "shut":
            gate.left = 0
        elif step == "open":
            gate.open()
        else:
            channel, state = step
            said.append((str(number), None if state is None else (channel, state)))
            hub.publish(channel, str(number), state=state)
    while listener.waiting:
        gate.open()

    numbers = [int(text) for text in gate.texts]
    assert numbers == sorted(set(numbers))
    heard = set(gate.texts)
    newest = {key: text for text, key in said if key is not None}
    assert {text for text, key in said if key is None} <= heard
    assert set(newest.values()) <= heard


@given(st.text(max_size=70_000))
def test_a_frame_is_what_the_library_would_send(text: str) -> None:
    assert text_frame(text) == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
