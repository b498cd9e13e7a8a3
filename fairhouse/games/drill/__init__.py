"""Drill: three drills, each with a multiplier of its own; back one of them to reach a target."""
