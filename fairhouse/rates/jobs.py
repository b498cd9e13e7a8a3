"""The worker's step that keeps prices fresh."""

from fairhouse.kernel.outcomes import Done
from fairhouse.platform.database import Database
from fairhouse.rates import api
from fairhouse.rates.ports import PriceSource
from fairhouse.rates.types import PricesRejected, RateSettings, Snapshot


async def record_prices(
    db: Database, source: PriceSource, settings: RateSettings
) -> Snapshot | str:
    """Fetch and record once; the snapshot, or why there is none.

    A source that fails or lies is not trouble here: rates age, and refuse when they are too old.
    """
    outcome = await source.fetch()
    if not isinstance(outcome, Done):
        return outcome.reason
    try:
        async with db.tx() as tx:
            return await api.record_snapshot(tx, document=outcome.value, settings=settings)
    except PricesRejected as refusal:
        return refusal.message
