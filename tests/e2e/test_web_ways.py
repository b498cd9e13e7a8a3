"""Ways into an account in the browser: passkeys by Chromium's own virtual authenticator, a wallet,
and the security centre that keeps them."""

import re

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from playwright.sync_api import Page, expect

from tests.e2e.stage import Demo, Visit, fresh_name, sign_up

pytestmark = pytest.mark.browser

WALLET = """
window.ethereum = {
  request: async ({ method, params }) =>
    method === "eth_requestAccounts" ? [await walletAddress()] : await walletSign(params[0]),
};
"""


def _at_localhost(demo: Demo) -> Demo:
    """Passkeys belong to a domain, and an address is none."""
    return _Local(demo.ports, demo.data)


class _Local(Demo):
    @property
    def url(self) -> str:
        return f"http://localhost:{self.ports['fairhouse']}"


def _with_authenticator(page: Page) -> None:
    """A device that verifies its owner and agrees to everything."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def _with_wallet(page: Page) -> str:
    """An Ethereum wallet in the page, as an extension puts it there; returns its address."""
    account = Account.create()

    def sign(message: str) -> str:
        text = bytes.fromhex(message.removeprefix("0x")).decode()
        signed = account.sign_message(encode_defunct(text=text))
        return "0x" + bytes(signed.signature).hex()

    def address() -> str:
        return account.address.lower()

    page.expose_function("walletAddress", address)
    page.expose_function("walletSign", sign)
    page.add_init_script(WALLET)
    return str(account.address)


def _log_out(page: Page) -> None:
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Sign up").first).to_be_visible()


def _open_security(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.url}/#/account/security")
    expect(page.get_by_role("heading", name="Ways to log in")).to_be_visible()


def test_a_passkey_is_added_logs_in_and_is_removed(demo: Demo, visit: Visit):
    here, page = _at_localhost(demo), visit.page
    _with_authenticator(page)
    username = fresh_name()
    sign_up(here, page, username)
    _open_security(here, page)
    expect(page.get_by_text("This is your only way in")).to_be_visible()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("on one device only")).to_be_visible()
    visit.shot("security-ways")
    _log_out(page)

    page.get_by_role("button", name="Log in", exact=True).first.click()
    expect(page.get_by_role("button", name="Log in with a passkey")).to_be_visible()
    visit.shot("sign-in")
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_role("dialog")).not_to_be_visible()

    _open_security(here, page)
    expect(page.get_by_text("Passkey", exact=True)).to_be_visible()
    page.get_by_role("button", name="Remove").last.click()
    expect(page.get_by_text("This is your only way in")).to_be_visible()


def test_an_account_begins_with_a_passkey_and_no_address(demo: Demo, visit: Visit):
    here, page = _at_localhost(demo), visit.page
    _with_authenticator(page)
    page.goto(here.url)
    page.get_by_role("button", name="Sign up").first.click()
    page.get_by_role("button", name="Join with a passkey").click()
    expect(page.get_by_role("dialog", name="Almost there")).to_be_visible()
    page.fill("[name=username]", fresh_name())
    page.fill("[name=birth_date]", "1990-02-03")
    page.check("[name=terms]")
    visit.shot("almost-there")
    page.get_by_role("button", name="Create account").click()

    expect(page.get_by_role("button", name="Your account")).to_be_visible()


def test_a_wallet_opens_an_account_and_comes_back(demo: Demo, desktop: Visit):
    page = desktop.page
    _with_wallet(page)
    page.goto(demo.url)
    page.get_by_role("button", name="Sign up").first.click()
    page.get_by_role("button", name="Ethereum wallet").click()
    expect(page.get_by_role("dialog", name="Almost there")).to_be_visible()
    page.fill("[name=username]", fresh_name())
    page.fill("[name=birth_date]", "1990-02-03")
    page.check("[name=terms]")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("button", name="Your account")).to_be_visible()
    _log_out(page)

    page.get_by_role("button", name="Log in", exact=True).first.click()
    page.get_by_role("button", name="Ethereum wallet").click()
    expect(page.get_by_role("button", name="Your account")).to_be_visible()


def test_the_security_centre_keeps_phrase_and_addresses(demo: Demo, visit: Visit):
    page = visit.page
    sign_up(demo, page, fresh_name())
    _open_security(demo, page)
    page.fill("[name=phrase]", "purple kites over Lisbon")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    page.get_by_role("button", name="Pay only these").click()
    expect(page.get_by_text("Only listed addresses are paid")).to_be_visible()
    for address in (
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0x5290111111111111111111111111111111119eE7".lower(),
    ):
        page.get_by_role("button", name="Add an address").click()
        page.fill("[name=label]", "Cold wallet")
        page.fill("[name=address]", address)
        page.get_by_role("button", name="Add an address").click()
        if address.startswith("0x52901"):
            expect(page.get_by_text("is another")).to_be_visible()
            visit.shot("address-lookalike")
            page.get_by_role("button", name="I compared every character").click()
    expect(page.get_by_text("Usable from")).to_have_count(2)
    page.get_by_role("heading", name="Addresses").scroll_into_view_if_needed()
    visit.shot("security-addresses")


def test_an_account_is_taken_along_and_closed(demo: Demo, desktop: Visit):
    page = desktop.page
    sign_up(demo, page, fresh_name())
    _open_security(demo, page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "my-data.zip"
    page.get_by_role("button", name="Close my account").click()
    expect(page.get_by_text("You cannot open it again")).to_be_visible()
    page.get_by_role("button", name="Close my account").click()
    expect(page.get_by_text(re.compile("Closed since"))).to_be_visible()
    desktop.shot("account-closed")
