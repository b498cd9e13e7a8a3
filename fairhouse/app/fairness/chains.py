"""Hash chains of crash games: named schemes, what was published of them, and walks to their end."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fairhouse.app.fairness.asking import HASH_FIELDS, InvalidRequest, params_of, plain
from fairhouse.fairness.schemes import crash
from fairhouse.fairness.schemes.crash import Mixed, Scheme
from fairhouse.games.original import Json
from fairhouse.games.types import InvalidGameParams


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a house said of a chain before its first game."""

    scheme: Scheme
    vectors: str
    """Name of the vector file; empty for ours, which has none."""
    hash_name: str
    """What the vectors call a game's hash."""
    salt: str = ""
    end: str = ""
    """The terminating hash; empty where a chain's end was not published or is not known here."""
    games: int = 10_000_000
    public_key: str = ""
    """Vx: the oracle's."""
    has_numbers: bool = False
    """The vectors number the games of the chain."""


PUBLISHED: Final[Mapping[str, Published]] = {
    "bustabit-v1": Published(
        scheme=Scheme.BUSTABIT_V1,
        vectors="crash_bustabit_v1",
        hash_name="hash",
        salt="000000000000000007a9a31ff7f07463d91af6b5454241d5faf282e5e0fe1b3a",
        end="c1cfa8e28fc38999eaa888487e443bad50a65e0b710f649affa6718cfbfada4d",
    ),
    "bustabit-v2": Published(
        scheme=Scheme.BUSTABIT_V2,
        vectors="crash_bustabit_v2",
        hash_name="hash",
        salt="0000000000000000004d6ec16dafe9d8370958664c1dc422f452892264c59526",
        end="86728f5fc3bd99db94d3cdaf105d67788194e9701bf95d049ad0e1ee3d004277",
        has_numbers=True,
    ),
    "bustabit-v3": Published(
        scheme=Scheme.BUSTABIT_V3,
        vectors="crash_bustabit_v3",
        hash_name="hash",
        salt="00000000000000000001e08b7fd44f95e3e950ac65650a8031a6d5e1750e34be",
        end="567a98370fb7545137ddb53687723cf0b8a1f5e93b1f76f4a1da29416930fa59",
    ),
    "bustabit-vx": Published(
        scheme=Scheme.BUSTABIT_VX,
        vectors="crash_bustabit_vx",
        hash_name="hash",
        salt="000000000000000000011f6e135efe67d7463dfe7bb955663ef88b1243b2deea",
        public_key=(
            "b40c94495f6e6e73619aeb54ec2fc84c5333f7a88ace82923946fc5b6c8635b0"
            "8f9130888dd96e1749a1d5aab00020e4"
        ),
    ),
    "stake-crash": Published(
        scheme=Scheme.STAKE_CRASH,
        vectors="crash_stake",
        hash_name="gameHash",
        salt="0000000000000000001b34dc6a1e86083f95500b096231436e9b25cbdd0075c4",
    ),
    "stake-slide": Published(
        scheme=Scheme.STAKE_SLIDE,
        vectors="slide_stake",
        hash_name="gameHash",
        salt="0000000000000000000b20f796f5421cac95c4efb06c6bbf6408d6f9b5d7b9dc",
    ),
    "fairhouse-crash": Published(scheme=Scheme.OURS_CRASH, vectors="", hash_name="hash"),
    "fairhouse-slide": Published(scheme=Scheme.OURS_SLIDE, vectors="", hash_name="hash"),
}

MARK_EVERY: Final = 4_096
FOREIGN_MAX: Final = 3
"""So many hashes that are of no chain are walked in full; after them walks are short."""
SHORT_WALK: Final = 100_000


class Numbers:
    """Numbers of a chain's games, found by walking to the chain's end and remembered on the way."""

    def __init__(self, end: str, games: int) -> None:
        self._known = {end: 0}
        self._games = games
        self._foreign = 0

    def of(self, game_hash: str) -> int | None:
        """The game's number; None when the hash is not of the chain, as far as was looked."""
        most = self._games if self._foreign < FOREIGN_MAX else SHORT_WALK
        known, sha256 = self._known, hashlib.sha256
        found, steps, marks = game_hash, 0, [(game_hash, 0)]
        while found not in known:
            if steps >= most:
                self._foreign += 1
                return None
            found = sha256(found.encode()).hexdigest()
            steps += 1
            if steps % MARK_EVERY == 0:
                marks.append((found, steps))
        number = known[found] + steps
        known.update((marked, number - at) for marked, at in marks)
        return number


def answers() -> dict[str, Callable[[Json], Json]]:
    """By name of the vector file."""
    return {
        published.vectors: _answering(published)
        for published in PUBLISHED.values()
        if published.vectors
    }


def read_hash(text: object, param: str) -> bytes:
    """32 bytes from 64 hexadecimal characters. Refuses with InvalidRequest."""
    try:
        found = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        found = b""
    if len(found) != crash.HASH_BYTES:
        raise InvalidRequest(f"{param} must be 64 hexadecimal characters.", param=param)
    return found


def read_signature(text: object, param: str) -> bytes:
    """Bytes from hexadecimal characters. Refuses with InvalidRequest."""
    try:
        found = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        found = b""
    if not found:
        raise InvalidRequest(f"{param} must be a signature in hexadecimal.", param=param)
    return found


def walk(
    published: Published, game_hash: bytes, end: bytes | None, most: int
) -> Iterator[tuple[int, bytes]]:
    """Steps back and hashes from a game to the chain's end, the end included, or `most` steps."""
    for steps, found in enumerate(crash.back(published.scheme, game_hash)):
        yield steps, found
        if found == end or steps >= most:
            return


def _answering(published: Published) -> Callable[[Json], Json]:
    numbers = Numbers(published.end, published.games) if published.has_numbers else None
    allowed = {published.hash_name, "salt", "terminatingHash", "gameId"}
    if published.public_key:
        allowed.add("blsSignature")

    def answer(request: Json) -> Json:
        given = {**{name: request[name] for name in HASH_FIELDS if name in request}}
        given.update(params_of(request))
        for name in given:
            if name not in allowed:
                raise InvalidGameParams(
                    f"{name[:40]!r} is no parameter of {published.vectors}.", param=name[:40]
                )
        game_hash = read_hash(given.get(published.hash_name), published.hash_name)
        salt = given.get("salt", published.salt)
        if not isinstance(salt, str):
            raise InvalidRequest("salt must be text.", param="salt")
        signature = b""
        if published.public_key:
            signature = read_signature(given.get("blsSignature"), "blsSignature")
        found = crash.facts(
            published.scheme,
            game_hash,
            Mixed(salt=salt, signature=signature),
            bytes.fromhex(published.public_key),
        )
        outcome = {name: plain(value) for name, value in found.items()}
        number = None
        if numbers is not None and given.get("terminatingHash", published.end) == published.end:
            number = numbers.of(game_hash.hex())
        return outcome if number is None else {"gameId": number, **outcome}

    return answer
