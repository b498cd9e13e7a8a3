"""Write, read, verify and hand out the audit log; know the programs that run."""

from fairhouse.audit.api.exports import export
from fairhouse.audit.api.holds import holds, lift_hold, place_hold
from fairhouse.audit.api.log import (
    append,
    audit_keys,
    entries,
    make_checkpoints,
    record,
    significant,
    verify,
    whole_chain,
)
from fairhouse.audit.api.programs import (
    compare_program,
    install_program,
    measure_program,
    note_program,
    programs,
)
from fairhouse.audit.rules import (
    Keys,
    clean_facts,
    events_of,
    personal_of,
    stream_of,
    streams_of,
)

__all__ = [
    "Keys",
    "append",
    "audit_keys",
    "clean_facts",
    "compare_program",
    "entries",
    "events_of",
    "export",
    "holds",
    "install_program",
    "lift_hold",
    "make_checkpoints",
    "measure_program",
    "note_program",
    "personal_of",
    "place_hold",
    "programs",
    "record",
    "significant",
    "stream_of",
    "streams_of",
    "verify",
    "whole_chain",
]
