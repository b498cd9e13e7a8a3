"""Which ways in each brand offers: adapters out of settings, for `app.wiring`'s readers."""

from collections.abc import Mapping
from pathlib import Path

from fairhouse.app.settings import (
    IssuerSettings,
    Settings,
    SettingsInvalid,
    SmsSettings,
    WaysSettings,
)
from fairhouse.brands.api import all_brands
from fairhouse.identity.adapters.contract_wallets import ContractWalletNodes
from fairhouse.identity.adapters.oidc import Issuer, OidcProvider, discord
from fairhouse.identity.adapters.sms_http import SmsHttp, SmsHttpSettings
from fairhouse.identity.adapters.sms_log import SmsLog
from fairhouse.identity.http import Phones, TelegramBot, TextSender, WaysOffered


def ways_offered(settings: Settings) -> Mapping[int, WaysOffered]:
    """By brand. Refuses with SettingsInvalid."""
    urls = {chain.chain_id: tuple(chain.rpc_urls) for chain in settings.chains.values()}
    contracts = ContractWalletNodes(urls)
    return {
        brand.id: _offered(settings.ways.get(brand.slug, WaysSettings()), contracts)
        for brand in all_brands()
    }


def _offered(ways: WaysSettings, contracts: ContractWalletNodes) -> WaysOffered:
    telegram = ways.telegram
    return WaysOffered(
        passkeys=ways.passkeys,
        wallets=frozenset(ways.wallets),
        chain_ids=frozenset(ways.chain_ids),
        contracts=contracts,
        telegram=TelegramBot(telegram.name, _secret(telegram.token_file)) if telegram else None,
        oidc={name: OidcProvider(_issuer(name, one)) for name, one in ways.issuers.items()},
        phones=_phones(ways.sms) if ways.sms else None,
    )


def _issuer(name: str, one: IssuerSettings) -> Issuer:
    secret = _secret(one.secret_file)
    if one.kind == "discord":
        return discord(one.client_id, secret)
    if not one.issuer:
        raise SettingsInvalid(f"ways.*.issuers.{name}.issuer must name the issuer's URL.")
    return Issuer(
        name=name,
        label=one.label or name.capitalize(),
        client_id=one.client_id,
        client_secret=secret,
        issuer=one.issuer,
        scopes=one.scopes,
        is_email_trusted=one.trust_email,
    )


def _phones(sms: SmsSettings) -> Phones:
    if bool(sms.file) == bool(sms.url):
        raise SettingsInvalid("ways.*.sms must name either a file or a url.")
    sender: TextSender = (
        SmsLog(Path(sms.file))
        if sms.file
        else SmsHttp(SmsHttpSettings(sms.url, _secret(sms.token_file), sms.sender))
    )
    return Phones(sender=sender, per_brand_per_day=sms.per_day, countries=frozenset(sms.countries))


def _secret(file: str) -> str:
    """Refuses with SettingsInvalid."""
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise SettingsInvalid(f"{file} must be a readable file with a secret in it.") from error
