"""Requests of `fairhouse fairness batch`, read and checked for form."""

from decimal import Decimal
from typing import Final, cast

from fairhouse.fairness.rules import commitment, hash_pasted
from fairhouse.fairness.types import InvalidServerSeed, Stream
from fairhouse.games.original import Json
from fairhouse.games.types import InvalidGameParams
from fairhouse.kernel.refusals import Malformed

SEED_CHARS_MAX: Final = 1_024
NONCE_MAX: Final = 2**63 - 1

HASH_FIELDS: Final = ("hash", "gameHash", "gameId", "salt", "terminatingHash", "blsSignature")
"""Parameters of crash schemes; they may stand beside `game` or among `params`."""

FIELDS: Final = frozenset(
    {"game", "serverSeed", "clientSeed", "nonce", "params", "serverSeedHash", *HASH_FIELDS}
)


class InvalidRequest(Malformed):
    """A line that is no request; the message names the field."""

    code = "invalid_request"


def stream_of(request: Json) -> Stream:
    """The numbers of the bet.

    Other houses take seeds of any form: nothing is asked of them but that they are text. Refuses
    with InvalidRequest, InvalidServerSeed, SeedHashPasted.
    """
    server_seed = _text(request, "serverSeed")
    client_seed = _text(request, "clientSeed")
    nonce = request.get("nonce")
    if type(nonce) is not int or not 0 <= nonce <= NONCE_MAX:
        raise InvalidRequest("nonce must be a whole number from 0.", param="nonce")
    expected = request.get("serverSeedHash")
    if expected is not None:
        check_hash(server_seed, expected)
    return Stream(server_seed, client_seed, nonce)


def check_hash(server_seed: str, expected: object) -> None:
    """Refuses with SeedHashPasted when a hash was given as the seed, else with InvalidServerSeed
    when the seed is not the one that was committed to."""
    if not isinstance(expected, str):
        raise InvalidRequest("serverSeedHash must be text.", param="serverSeedHash")
    given = expected.strip().lower()
    if server_seed.strip().lower() == given or commitment(given) == server_seed.lower():
        raise hash_pasted()
    if commitment(server_seed) != given:
        raise InvalidServerSeed(
            "serverSeed does not hash to serverSeedHash: it is the seed of another pair.",
            param="serverSeed",
        )


def params_of(request: Json) -> Json:
    """The game's parameters. Refuses with InvalidRequest."""
    params = request.get("params")
    if params is None:
        return {}
    if not isinstance(params, dict):
        raise InvalidRequest("params must be a JSON object.", param="params")
    return cast(Json, params)


def plain(value: object) -> object:
    """Decimals without an exponent, whole ones as integers: as JavaScript writes numbers."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value.normalize()
    if isinstance(value, list | tuple):
        return [plain(one) for one in cast("list[object]", value)]
    return value


def _text(request: Json, name: str) -> str:
    value = request.get(name)
    if type(value) is not str or not 0 < len(value) <= SEED_CHARS_MAX:
        raise InvalidRequest(f"{name} must be 1 to {SEED_CHARS_MAX} characters.", param=name)
    if not value.isascii():
        _check_encodable(name, value)
    return value


def _check_encodable(name: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidRequest(f"{name} must be valid Unicode.", param=name) from None


def no_params(request: Json) -> None:
    """Refuses with InvalidGameParams when there are any."""
    for name in params_of(request):
        raise InvalidGameParams(f"This scheme takes no parameter {name[:40]!r}.", param=name[:40])
