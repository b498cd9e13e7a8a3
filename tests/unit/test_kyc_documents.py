"""Uploads: what is kept is harmless, what is hostile is refused."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from fairhouse.kyc.codecs.documents import BYTES_MAX, JPEG, PDF, SIDE_KEPT, clean
from fairhouse.kyc.types import DocumentRefused


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (400, 300), mode: str = "RGB", **more: object
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "white").save(out, kind, **more)
    return out.getvalue()


def pdf(objects: bytes = b"", stream: bytes | None = None, packed: bool = True) -> bytes:
    body = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R" + objects + b">>endobj\n"
    if stream is not None:
        data = zlib.compress(stream) if packed else stream
        body += (
            b"5 0 obj<</Type/ObjStm/Filter/FlateDecode/Length %d>>stream\n" % len(data)
            + data
            + b"\nendstream endobj\n"
        )
    return body + b"trailer<</Root 1 0 R>>\n%%EOF\n"


def why(content: bytes) -> str:
    with pytest.raises(DocumentRefused) as refused:
        clean(content)
    assert refused.value.param == "file"
    return str(refused.value.fields["why"])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_written_anew_as_jpeg(kind: str):
    kept = clean(picture(kind))
    with Image.open(io.BytesIO(kept.content)) as opened:
        assert (opened.format, opened.size, opened.mode) == ("JPEG", (400, 300), "RGB")
    assert kept.media_type == JPEG


def test_nothing_but_pixels_survives():
    exif = Image.Exif()
    exif[0x010E] = "SECRET-PLACE"
    exif.get_ifd(0x8825)[1] = "N"
    text = PngImagePlugin.PngInfo()
    text.add_text("comment", "SECRET-PLACE")
    glued = picture(exif=exif.tobytes(), comment=b"SECRET-PLACE") + b"<script>SECRET-PLACE</script>"

    for content in (glued, picture("PNG", pnginfo=text)):
        kept = clean(content).content
        assert b"SECRET" not in kept
        assert b"Exif" not in kept
        assert b"script" not in kept


def test_a_turned_picture_is_kept_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    kept = clean(picture(size=(400, 200), exif=exif.tobytes()))
    with Image.open(io.BytesIO(kept.content)) as opened:
        assert opened.size == (200, 400)


def test_large_pictures_are_made_smaller_and_transparent_ones_white():
    kept = clean(picture("PNG", (5000, 2500)))
    with Image.open(io.BytesIO(kept.content)) as opened:
        assert opened.size == (SIDE_KEPT, SIDE_KEPT // 2)
    clear = io.BytesIO()
    Image.new("RGBA", (200, 200), (0, 0, 0, 0)).save(clear, "PNG")
    with Image.open(io.BytesIO(clean(clear.getvalue()).content)) as opened:
        assert opened.getpixel((5, 5)) == (255, 255, 255)


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 40,000 × 40,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000))
    return b"\x89PNG\r\n\x1a\n" + head + data + chunk(b"IEND", b"")


def animated() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (200, 200), colour) for colour in ("white", "black")]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (b"x" * (BYTES_MAX + 1), "too_large"),
        (b"MZ\x90\x00", "unknown_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unknown_type"),
        (b"GIF89a" + b"\0" * 100, "unknown_type"),
        (b"RIFF\0\0\0\0WAVE", "unknown_type"),
        (b"\xff\xd8\xff" + b"\0" * 500, "unreadable"),
        (picture()[:200], "unreadable"),
        (picture("PNG")[:60], "unreadable"),
        (picture(size=(20, 20)), "too_small"),
        (bomb(), "too_many_pixels"),
        (animated(), "animated"),
        (b"%PDF-1.4\n1 0 obj", "unreadable"),
        (pdf(b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "active"),
        (pdf(b"/Names<</EmbeddedFiles 3 0 R>>"), "active"),
        (pdf(b"/AA<</O 1 0 R>>"), "active"),
        (pdf(b"/#4A#53 3 0 R"), "active"),
        (pdf(stream=b"<</S/Launch/F(cmd.exe)>>"), "active"),
        (pdf(b"/Encrypt 9 0 R"), "encrypted"),
        (pdf(stream=b"a" * (70 * 1024 * 1024)), "too_large"),
    ],
)
def test_what_is_refused(content: bytes, expected: str):
    assert expected == why(content)


def test_a_plain_pdf_is_kept_as_it_came():
    content = pdf(stream=b"1 0 <</Type/Page/MediaBox[0 0 612 792]>>")
    kept = clean(content)
    assert (kept.media_type, kept.content) == (PDF, content)


def test_pictures_inside_a_pdf_are_not_read_as_words():
    content = pdf().replace(
        b"trailer", b"7 0 obj<</Subtype/Image>>stream\n/JS /AA /Launch\nendstream endobj\ntrailer"
    )
    assert clean(content).media_type == PDF


@given(cut=st.integers(0, 1200), at=st.integers(0, 1200), byte=st.integers(0, 255))
def test_broken_bytes_are_refused_or_harmless(cut: int, at: int, byte: int):
    content = bytearray(picture()[: max(cut, 4)])
    content[at % len(content)] = byte
    try:
        kept = clean(bytes(content))
    except DocumentRefused:
        return
    assert kept.media_type in {JPEG, PDF}
