"""Nodes, one folder per chain family; only `app.wiring` names one."""
