"""What staff can do, grouped by theme in this package's files."""

from fairhouse.backoffice.api.access import (
    add_passkey,
    break_glass,
    log_in_by_passkey,
    remove_passkey,
)
from fairhouse.backoffice.api.adjusting import adjust, adjustments, review, reviews
from fairhouse.backoffice.api.approvals import decide_wish, decided, waiting
from fairhouse.backoffice.api.audit import audit_entries, note_verification, record
from fairhouse.backoffice.api.branding import wish_brand, wish_jurisdiction
from fairhouse.backoffice.api.games import (
    decide_offer,
    judgements,
    propose_offer,
    propose_restart,
    stop_drifting,
    stop_game,
)
from fairhouse.backoffice.api.holds import legal_holds, place_legal_hold, wish_lift
from fairhouse.backoffice.api.limits import decide_limit, propose_limit
from fairhouse.backoffice.api.people import (
    add_note,
    flag_test,
    hold_payouts,
    lift_hold,
    notes,
    reveal_person,
    see_devices,
    set_locked,
)
from fairhouse.backoffice.api.protection import (
    decide_player_limit,
    exclude_player,
    open_wishes,
    readmit_player,
    set_player_limit,
    wishes_of,
)
from fairhouse.backoffice.api.running import (
    approve_withdrawal,
    confirm_prices,
    note_export,
    reject_withdrawal,
    set_pause,
)
from fairhouse.backoffice.api.staff import (
    actor_of,
    limit_staff,
    log_in,
    log_out,
    restrictions,
    scope_of,
)
from fairhouse.backoffice.api.voids import decide_void, propose_void

__all__ = [
    "actor_of",
    "add_note",
    "add_passkey",
    "adjust",
    "adjustments",
    "approve_withdrawal",
    "audit_entries",
    "break_glass",
    "confirm_prices",
    "decide_limit",
    "decide_offer",
    "decide_player_limit",
    "decide_void",
    "decide_wish",
    "decided",
    "exclude_player",
    "flag_test",
    "hold_payouts",
    "judgements",
    "legal_holds",
    "lift_hold",
    "limit_staff",
    "log_in",
    "log_in_by_passkey",
    "log_out",
    "note_export",
    "note_verification",
    "notes",
    "open_wishes",
    "place_legal_hold",
    "propose_limit",
    "propose_offer",
    "propose_restart",
    "propose_void",
    "readmit_player",
    "record",
    "reject_withdrawal",
    "remove_passkey",
    "restrictions",
    "reveal_person",
    "review",
    "reviews",
    "scope_of",
    "see_devices",
    "set_locked",
    "set_pause",
    "set_player_limit",
    "stop_drifting",
    "stop_game",
    "waiting",
    "wish_brand",
    "wish_jurisdiction",
    "wish_lift",
    "wishes_of",
]
