"""What other modules may ask of custody. Engines (worker only) are in `custody.engine`."""

from fairhouse.custody.api.addresses import (
    deposit_address,
    import_vault,
    is_ours,
    owner_of,
    vaults,
)
from fairhouse.custody.api.standing import health, reconcile, resume_lane
from fairhouse.custody.api.transfers import (
    approve,
    family,
    hot_balance,
    request_cancellation,
    request_transfer,
)

__all__ = [
    "approve",
    "deposit_address",
    "family",
    "health",
    "hot_balance",
    "import_vault",
    "is_ours",
    "owner_of",
    "reconcile",
    "request_cancellation",
    "request_transfer",
    "resume_lane",
    "vaults",
]
