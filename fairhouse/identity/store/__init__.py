"""All SQL of identity, one file per aggregate."""
