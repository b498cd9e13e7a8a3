"""Brands, their domains, themes and jurisdictions as data, and the pause switches."""
