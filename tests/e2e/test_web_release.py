"""A page that stays open over a deployment: the files it was built with are gone.

The deployment is played at the browser's edge: from a moment on the server's page names another
script, and one old file is not found.
"""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.playing import main_button, open_game
from tests.e2e.stage import Demo, Visit

pytestmark = pytest.mark.browser

NEWER = '<script type="module" src="/assets/boot-newer.js"></script>'


class Deployment:
    """From now on a file is gone; with `helps`, until the page is loaded anew."""

    def __init__(self, page: Page, gone: str, *, helps: bool = True) -> None:
        self.loads: list[str] = []
        self._helps = helps
        page.route(re.compile(gone), self._file)
        page.route(re.compile(r"^http://[^/]+/$"), self._start)

    def _file(self, route: Route) -> None:
        if self.loads and self._helps:
            route.continue_()
        else:
            route.fulfill(status=404, body="{}")

    def _start(self, route: Route) -> None:
        if route.request.is_navigation_request():
            self.loads.append(route.request.url)
            route.continue_()
        else:
            # The page asks what is the newest.
            route.fulfill(status=200, content_type="text/html", body=NEWER)


@pytest.mark.parametrize("visit", ["phone"], indirect=True)
def test_a_board_that_is_gone_loads_the_page_anew_once(demo: Demo, visit: Visit):
    page = visit.page
    page.goto(demo.url)
    tile = page.locator("main a[href='#/game/keno']").first
    expect(tile).to_be_visible()
    deployment = Deployment(page, r"/assets/Game-.*\.js$")

    tile.click()

    expect(main_button(page)).to_be_visible()
    expect(page).to_have_url(re.compile("#/game/keno$"))
    assert len(deployment.loads) == 1


def test_it_never_loads_again_and_again(demo: Demo, desktop: Visit):
    page = desktop.page
    page.goto(demo.url)
    tile = page.locator("main a[href='#/game/keno']").first
    expect(tile).to_be_visible()
    deployment = Deployment(page, r"/assets/Game-.*\.js$", helps=False)

    tile.click()

    expect(page.get_by_role("heading", name="This page did not load")).to_be_visible()
    expect(page.get_by_text("This page was renewed")).to_be_visible()
    desktop.shot("release-broken")
    page.wait_for_timeout(1_000)
    assert len(deployment.loads) == 1


def test_an_open_round_is_not_interrupted_and_what_was_wanted_opens_later(
    demo: Demo, desktop: Visit
):
    page = desktop.page
    open_game(demo, page, "mines", instant=True)
    page.get_by_role("button", name="1", exact=True).click()
    main_button(page).click()
    expect(page.locator("[data-step]")).to_be_visible()
    deployment = Deployment(page, r"/assets/FairnessModal-.*\.js$")

    page.locator("footer").get_by_role("button", name="Fairness").first.click()

    banner = page.get_by_text("This page was renewed")
    expect(banner).to_be_visible()
    assert deployment.loads == []
    page.locator("[data-step]").click()
    expect(page.locator(".tile.gem, .tile.hit").first).to_be_visible()
    desktop.shot("release-waits")
    page.get_by_role("button", name="Load it now").click()

    expect(page.get_by_role("dialog", name="Fairness")).to_be_visible()
    assert len(deployment.loads) == 1
    expect(page.locator(".tile.gem, .tile.hit").first).to_be_attached()
