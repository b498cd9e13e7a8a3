"""The language of rules: read, type-checked, evaluated. Pure."""
