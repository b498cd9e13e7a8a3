"""Keno: ten of forty numbers are drawn; the more of yours among them, the better."""
