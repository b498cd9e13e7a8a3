"""All benchmarks, one after the other: `make bench`, `make bench QUICK=1`."""

import asyncio

from bench import ledger_post, place


def main() -> None:
    """Ratios measured side by side in one run; absolute figures depend on the machine."""
    print("ledger.post: 500 transfers at once, one by one, one transaction each")
    ledger_post.main()
    print("ledger.place: the road beside one transaction per bet")
    asyncio.run(place.main())


if __name__ == "__main__":
    main()
