"""A few seeds of the simulation; `make soak` runs many, `make simulate SEED=n` one."""

import random
import secrets

import pytest

from fairhouse.platform.postgres.roles import drop_database, ensure_database
from tests.simulation.run import History, run

STEPS = 45
SHORT = 12


@pytest.fixture
def simulate(postgres, template):
    """Run a seed on a database of its own."""

    async def once(seed: int, steps: int) -> History:
        name = f"simulation_{secrets.token_hex(6)}"
        ensure_database(postgres.admin, name, template=template)
        try:
            return await run(seed, postgres.to(name), steps=steps)
        finally:
            drop_database(postgres.admin, name)

    return once


@pytest.mark.chain
@pytest.mark.parametrize("seed", [2, 5])
async def test_every_invariant_holds(simulate, seed):
    history = await simulate(seed, STEPS)

    assert history.lines[-1].partition(": ")[2].startswith("all is settled")


@pytest.mark.chain
async def test_every_invariant_holds_for_a_seed_nobody_chose(simulate):
    await simulate(random.SystemRandom().randrange(10**9), STEPS)


@pytest.mark.chain
async def test_the_same_seed_is_the_same_history(simulate):
    first, second = await simulate(11, SHORT), await simulate(11, SHORT)

    assert first.lines == second.lines
    assert first.digest == second.digest
