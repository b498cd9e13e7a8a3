"""Labelled players by seed: what honest people and frauds leave behind, as risk's observations."""
