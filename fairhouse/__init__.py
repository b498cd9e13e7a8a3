"""Fairhouse: an open crypto casino platform. See ARCHITECTURE.md."""
