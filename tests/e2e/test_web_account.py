"""An account in the browser: second factor, devices, forgotten password."""

import re
import time

import pytest
from playwright.sync_api import Page, expect
from pyotp.totp import TOTP

from tests.e2e.stage import Demo, Visit, fresh_name, sign_up

pytestmark = pytest.mark.browser

NEW_PASSWORD = "eleven quiet rivers run north"


def _log_out(page: Page) -> None:
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Sign up").first).to_be_visible()


def _log_in(page: Page, email: str, password: str) -> None:
    page.get_by_role("button", name="Log in", exact=True).first.click()
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.get_by_role("dialog").get_by_role("button", name="Log in", exact=True).click()


def test_a_second_factor_guards_the_login(demo: Demo, desktop: Visit):
    page = desktop.page
    email, password = sign_up(demo, page, fresh_name())
    page.goto(f"{demo.url}/#/account/security")
    page.get_by_role("button", name="Set up").click()
    secret = page.locator(".enrol .text").inner_text()
    totp = TOTP(secret)
    page.get_by_label("Code").fill(totp.now())
    desktop.shot("account-totp")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    recovery = page.locator(".recovery li").first.inner_text()
    page.get_by_role("button", name="I have kept them").click()
    _log_out(page)

    _log_in(page, email, password)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text(re.compile("code is wrong", re.IGNORECASE)).first).to_be_visible()
    # A code works once: the one of the next half minute is new.
    page.get_by_label("Code").fill(totp.at(int(time.time()) + 30))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("button", name="Your account")).to_be_visible()
    _log_out(page)

    _log_in(page, email, password)
    page.get_by_label("Code").fill(recovery)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("button", name="Your account")).to_be_visible()


def test_a_device_is_logged_out_from_another(demo: Demo, desktop: Visit):
    page = desktop.page
    email, password = sign_up(demo, page, fresh_name())
    browser = page.context.browser
    assert browser is not None
    other = browser.new_context(locale="en-US").new_page()
    other.goto(demo.url)
    _log_in(other, email, password)
    expect(other.get_by_role("button", name="Your account")).to_be_visible()

    page.goto(f"{demo.url}/#/account/sessions")
    expect(page.get_by_text("This device")).to_be_visible()
    desktop.shot("account-devices")
    page.get_by_role("main").get_by_role("button", name="Log out").click()

    expect(page.get_by_text("That device is logged out.")).to_be_visible()
    expect(other.get_by_role("button", name="Sign up").first).to_be_visible()
    other.context.close()


def test_a_forgotten_password_is_replaced_by_mail(demo: Demo, desktop: Visit):
    page = desktop.page
    email, _ = sign_up(demo, page, fresh_name())
    _log_out(page)
    page.get_by_role("button", name="Log in", exact=True).first.click()
    page.get_by_role("button", name="Forgotten password?").click()
    page.fill("[name=email]", email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()

    page.goto(demo.link_for(email))
    page.fill("[name=password]", NEW_PASSWORD)
    page.get_by_role("button", name="Save the new password").click()

    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    page.fill("[name=email]", email)
    page.fill("[name=password]", NEW_PASSWORD)
    page.get_by_role("dialog").get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("button", name="Your account")).to_be_visible()


def test_a_refusal_stands_beside_its_field(demo: Demo, visit: Visit):
    page = visit.page
    page.goto(demo.url)
    page.get_by_role("button", name="Sign up").first.click()
    page.fill("[name=email]", "somebody@players.example")
    page.fill("[name=username]", fresh_name())
    page.fill("[name=password]", "password12")
    page.fill("[name=birth_date]", "1990-02-03")
    page.check("[name=terms]")
    page.get_by_role("button", name="Create account").click()

    expect(page.get_by_role("alert")).to_contain_text("hard to guess")
    expect(page.locator("[name=password]")).to_have_attribute("aria-invalid", "true")
    visit.shot("refusal")
