"""Everybody, by seed."""

from itertools import count
from random import Random

from tools.players.frauds import FARM_SIZES, FARM_WAYS, GANGS, farm
from tools.players.honest import CROWD
from tools.players.life import Life


def crowd(seed: int, scale: float = 1.0) -> list[Life]:
    """All lives; `scale` multiplies the number of people, farms keep their sizes."""
    rng, numbers = Random(seed), count(1)
    lives: list[Life] = []
    for make, many in (*CROWD, *GANGS):
        for _ in range(max(round(many * scale), 1)):
            lives += make(rng, numbers)
    for index, size in enumerate(FARM_SIZES):
        lives += farm(rng, numbers, size, FARM_WAYS[index % len(FARM_WAYS)])
    return lives
