"""What other modules may ask of protection, grouped by theme in this package's files."""

from fairhouse.protection.api.guarding import changed_since, guards

__all__ = ["changed_since", "guards"]
