"""The live games for those who watch over them."""

from fairhouse.games.crash.api import LIVE, Monitor, monitor
from fairhouse.games.crash.types import Round, State, Timing

__all__ = ["LIVE", "Monitor", "Round", "State", "Timing", "monitor"]
