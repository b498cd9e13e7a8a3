"""Uploaded files, made harmless before they are kept.

An image is decoded and written anew: what was hidden in it (EXIF with a place, other formats glued
to it, broken structures for somebody's viewer) does not survive. A PDF cannot be written anew
without trusting a renderer, so it is bounded, refused when it is encrypted or carries anything
active, and only ever handed to staff as a download.
"""

import io
import re
import warnings
import zlib
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from fairhouse.kyc.types import DocumentRefused

BYTES_MAX: Final = 8 * 1024 * 1024
PIXELS_MAX: Final = 30_000_000
SIDE_MIN: Final = 100
SIDE_MAX: Final = 12_000
SIDE_KEPT: Final = 3_000
"""Larger pictures are made smaller: a document is legible at this size."""
QUALITY: Final = 88
PDF_STREAMS_MAX: Final = 2_000
PDF_INFLATED_MAX: Final = 64 * 1024 * 1024

JPEG: Final = "image/jpeg"
PDF: Final = "application/pdf"
_MAGIC: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"RIFF", "WEBP"),
    (b"%PDF-", "PDF"),
)
_ACTIVE: Final = re.compile(
    rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|OpenAction|AA|SubmitForm|ImportData"
    rb"|GoToR|GoToE|Movie|Sound|Encrypt)(?![A-Za-z])"
)
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM: Final = re.compile(rb"stream\r?\n")


@dataclass(frozen=True, slots=True)
class CleanDocument:
    """What is kept of an upload."""

    media_type: str
    content: bytes


def clean(content: bytes) -> CleanDocument:
    """The file made harmless; what it is is read from its bytes, not from its name.

    Refuses with DocumentRefused: `why` is empty, too_large, unknown_type, unreadable, too_small,
    too_many_pixels, animated, active or encrypted.
    """
    if not content:
        raise _refused("empty", "The file is empty.")
    if len(content) > BYTES_MAX:
        raise _refused("too_large", f"The file is over {BYTES_MAX // 1024 // 1024} MB.")
    kind = next((kind for magic, kind in _MAGIC if content.startswith(magic)), None)
    if kind is None or (kind == "WEBP" and content[8:12] != b"WEBP"):
        raise _refused("unknown_type", "We take JPEG, PNG and WebP pictures, and PDF.")
    if kind == "PDF":
        _check_pdf(content)
        return CleanDocument(PDF, content)
    return CleanDocument(JPEG, _rewritten(content, kind))


def _rewritten(content: bytes, kind: str) -> bytes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[kind]) as opened:
                _check_size(opened)
                picture = ImageOps.exif_transpose(opened)
                return _encoded(picture)
    except DocumentRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _refused("too_many_pixels", "The picture has too many pixels.") from error
    except (UnidentifiedImageError, Warning) as error:
        raise _refused("unreadable", "The picture cannot be read.") from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, zlib.error) as error:
        raise _refused("unreadable", "The picture cannot be read.") from error
    except (IndexError, KeyError, TypeError, OverflowError) as error:
        # Pillow's parsers meet hostile bytes with these as well.
        raise _refused("unreadable", "The picture cannot be read.") from error


def _check_size(opened: Image.Image) -> None:
    """By what the head says, before a pixel is decoded."""
    width, height = opened.size
    if width * height > PIXELS_MAX or max(width, height) > SIDE_MAX:
        raise _refused("too_many_pixels", "The picture has more pixels than a document needs.")
    if min(width, height) < SIDE_MIN:
        raise _refused("too_small", "The picture is too small to read.")
    if getattr(opened, "n_frames", 1) > 1:
        raise _refused("animated", "The picture moves.")


def _encoded(picture: Image.Image) -> bytes:
    flat = picture.convert("RGBA") if "A" in picture.getbands() else picture.convert("RGB")
    if flat.mode == "RGBA":
        ground = Image.new("RGB", flat.size, "white")
        ground.paste(flat, mask=flat.getchannel("A"))
        flat = ground
    flat.thumbnail((SIDE_KEPT, SIDE_KEPT))
    # Pixels alone: neither EXIF nor a colour profile nor a comment comes along.
    bare = Image.frombytes("RGB", flat.size, flat.tobytes())
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _check_pdf(content: bytes) -> None:
    if b"%%EOF" not in content[-2048:]:
        raise _refused("unreadable", "The PDF is cut short.")
    inflated = at = 0
    for count, start in enumerate(_STREAM.finditer(content)):
        if start.start() < at:
            continue
        if count >= PDF_STREAMS_MAX:
            raise _refused("unreadable", "The PDF has more parts than a document needs.")
        head = content[at : start.start()]
        _check_inactive(head)
        # Pictures are no objects; streams of objects hide names from whoever reads the file flat.
        if b"ObjStm" in _plain(head[-1024:]):
            text = _inflated(content, start.end(), PDF_INFLATED_MAX - inflated)
            inflated += len(text)
            if inflated >= PDF_INFLATED_MAX:
                raise _refused("too_large", "The PDF unpacks to more than a document needs.")
            _check_inactive(text)
        end = content.find(b"endstream", start.end())
        at = len(content) if end < 0 else end
    _check_inactive(content[at:])


def _inflated(content: bytes, start: int, size_max: int) -> bytes:
    """A stream's text where it is deflated, bounded."""
    try:
        return zlib.decompressobj().decompress(memoryview(content)[start:], max(size_max, 1))
    except zlib.error:
        return b""


def _plain(text: bytes) -> bytes:
    """Names without their escapes: `/J#53` is `/JS`."""
    return _ESCAPE.sub(lambda found: bytes([int(found.group(1), 16)]), text)


def _check_inactive(text: bytes) -> None:
    found = _ACTIVE.search(_plain(text))
    if found is None:
        return
    why = "encrypted" if found.group(1) == b"Encrypt" else "active"
    raise _refused(why, "The PDF is locked or contains more than pages: print it to a new PDF.")


def _refused(why: str, message: str) -> DocumentRefused:
    return DocumentRefused(message, param="file", why=why)
