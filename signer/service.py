"""One request after the other: authenticate, remember, judge, sign, keep, answer."""

import hashlib
import time
from collections.abc import Callable

from eth_hash.auto import keccak

from fairhouse.chains.codecs import evm
from fairhouse.chains.codecs.orders import (
    ORDER_BYTES_MAX,
    ORDER_DOMAIN,
    HaltRequest,
    Hello,
    HelloRequest,
    MalformedOrder,
    Order,
    OrderKind,
    Refused,
    Signed,
    SignerAnswer,
    SignerRequest,
    SignRequest,
    decode_order,
    halt_message,
)
from fairhouse.chains.types import Address
from signer.journal import Journal
from signer.judge import (
    Facts,
    Objection,
    Payment,
    check_approvals,
    check_claims,
    check_destination,
    check_family,
    check_fee,
    check_time,
    read_payment,
    verifies,
)
from signer.keystore import Keys
from signer.policy import Policy


def unix_now() -> int:
    """The signer's own clock, in Unix seconds."""
    return int(time.time())


class Service:
    """The signer without its socket. Single-threaded by design: verdicts have an order."""

    def __init__(
        self, keys: Keys, policy: Policy, journal: Journal, clock: Callable[[], int] = unix_now
    ) -> None:
        self._keys = keys
        self._policy = policy
        self._journal = journal
        self._clock = clock

    def answer(self, request: SignerRequest) -> SignerAnswer:
        """The answer to a well-formed request."""
        match request:
            case SignRequest():
                return self._sign(request)
            case HaltRequest():
                return self._halt(request)
            case HelloRequest():
                return Hello(self._keys.identity_key(), self._policy.digest, self._journal.halted())

    def _halt(self, request: HaltRequest) -> SignerAnswer:
        known = {**self._policy.approvers, "worker": self._policy.worker_key}
        key, now = known.get(request.key), self._clock()
        message = halt_message(request.reason, request.issued_at)
        is_fresh = abs(now - request.issued_at) <= self._policy.clock_skew_s
        if key is None or not is_fresh or not verifies(key, request.signature, message):
            return self._turn_away("halt", Refused("forged", "nobody we know says halt", True))
        self._journal.halt(request.reason, now, request.key)
        return Hello(self._keys.identity_key(), self._policy.digest, self._journal.halted())

    def _sign(self, request: SignRequest) -> SignerAnswer:
        digest = hashlib.sha256(request.order).hexdigest()
        if len(request.order) > ORDER_BYTES_MAX or not verifies(
            self._policy.worker_key, request.signature, ORDER_DOMAIN + request.order
        ):
            return self._turn_away(
                digest, Refused("forged", "the order is not signed by the worker's key", True)
            )
        try:
            order = decode_order(request.order)
        except MalformedOrder as error:
            return self._turn_away(digest, Refused("malformed", str(error)[:200], True))
        halted = self._journal.halted()
        if halted is not None:
            return self._turn_away(
                str(order.order_id), Refused("halted", f"the signer is halted: {halted}", False)
            )
        known = self._journal.answer_to(order.order_id)
        if known is not None:
            return self._repeat(order, digest, *known)
        return self._judge_and_sign(order, digest, request)

    def _repeat(
        self, order: Order, digest: str, known_digest: str, answer: Signed | Refused
    ) -> SignerAnswer:
        if digest != known_digest:
            return self._turn_away(
                str(order.order_id),
                Refused("order_reused", "this order id was used for another order", True),
            )
        self._journal.note(
            self._clock(), str(order.order_id), "repeated", "repeated", "the same answer again"
        )
        return answer

    def _judge_and_sign(self, order: Order, digest: str, request: SignRequest) -> SignerAnswer:
        now = self._clock()
        cooling: Address | None = None
        try:
            self._check_clock(now)
            check_time(order, self._policy, now)
            payment = read_payment(order, self._policy)
            if payment.kind is OrderKind.WITHDRAWAL:
                cooling = payment.destination
            facts = self._journal.facts(order, payment, now)
            to_new = self._check(order, payment, facts, request)
        except Objection as objection:
            refused = objection.refused
            started = cooling if refused.code == "new_destination" else None
            self._journal.refuse(order, digest, refused, now, started)
            return refused
        raw_signed = self._signature(payment)
        self._journal.sign(order, digest, payment, raw_signed, now, to_new=to_new)
        return Signed(raw_signed)

    def _check(self, order: Order, payment: Payment, facts: Facts, request: SignRequest) -> bool:
        check_claims(order, payment)
        check_family(order, payment, facts)
        check_fee(payment, self._policy.chains[payment.chain], facts.spent)
        to_new = check_destination(order, payment, self._policy, facts, self._keys.address)
        check_approvals(order, payment, request.approvals, self._policy, facts.now)
        return to_new

    def _check_clock(self, now: int) -> None:
        if now + self._policy.clock_skew_s < self._journal.newest_at():
            raise Objection("clock", "the signer's clock went backwards", final=False)

    def _signature(self, payment: Payment) -> bytes:
        unsigned = evm.encode_unsigned(payment.tx)
        raw = evm.encode_signed(payment.tx, self._keys.sign(payment.path, keccak(unsigned)))
        check = evm.decode_signed(raw)
        assert check.tx == payment.tx
        assert check.sender == self._keys.address(payment.path)
        return raw

    def _turn_away(self, subject: str, refused: Refused) -> Refused:
        self._journal.note(self._clock(), subject[:80], "refused", refused.code, refused.message)
        return refused
