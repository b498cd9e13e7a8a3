"""What other modules may ask of kyc."""

from fairhouse.kyc.api.money import (
    ask_for_withdrawal,
    check_deposit,
    count_deposit,
    count_withdrawal,
    money_fact,
    reverse,
)
from fairhouse.kyc.api.player import (
    accept_disclosure,
    own_documents,
    player_standing,
    remove_document,
    save_details,
    submit,
    upload,
)
from fairhouse.kyc.api.review import (
    answer,
    ask_player,
    details_of,
    documents_of,
    late_requests,
    open_document,
    queue,
    request_of,
)
from fairhouse.kyc.engine.people import KycTools
from fairhouse.kyc.engine.vendors import VendorDesk

__all__ = [
    "KycTools",
    "VendorDesk",
    "accept_disclosure",
    "answer",
    "ask_for_withdrawal",
    "ask_player",
    "check_deposit",
    "count_deposit",
    "count_withdrawal",
    "details_of",
    "documents_of",
    "late_requests",
    "money_fact",
    "open_document",
    "own_documents",
    "player_standing",
    "queue",
    "remove_document",
    "request_of",
    "reverse",
    "save_details",
    "submit",
    "upload",
]
