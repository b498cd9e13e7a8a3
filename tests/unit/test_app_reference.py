"""The reference page names every operation of the API and needs no script."""

from fairhouse.app.openapi import document
from fairhouse.app.reference import page


def test_every_operation_is_on_the_page_and_nothing_is_fetched() -> None:
    described = document()

    drawn = page(described)

    for path in described["paths"]:
        assert f"<code>{path}</code>" in drawn
    assert "<script" not in drawn
    assert "http://" not in drawn
    assert "https://" not in drawn


def test_text_from_the_document_is_escaped() -> None:
    hostile = {"info": {"title": "<b>x</b>"}, "paths": {}}

    assert "<b>x</b>" not in page(hostile)
