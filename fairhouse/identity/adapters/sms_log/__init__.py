"""For demos and development: texts are written to a folder on this machine instead of sent."""

from pathlib import Path


class SmsLog:
    """One line per text, newest last, in a file that only this user reads."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def send(self, *, number: str, text: str, reference: str) -> None:
        """Append it."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.touch(mode=0o600)
        with self._file.open("a") as out:
            out.write(f"{reference} {number} {text}\n")
