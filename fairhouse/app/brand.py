"""`fairhouse brand`: make, list, show and change brands while the platform runs.

A change here is made by whoever may run the command on the platform's machine with its settings
file; it is written down with their name and reason. Staff change brands in the back office, where
a second person approves.
"""

import asyncio
import getpass
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

import httpx

from fairhouse.app.settings import Settings, SettingsInvalid
from fairhouse.brands import api as brands
from fairhouse.brands.types import Brand, BrandDefinition, JurisdictionCode, Theme
from fairhouse.chains.codecs.vaults import decode_vaults
from fairhouse.custody import api as custody
from fairhouse.games.api import GAMES
from fairhouse.kernel.currencies import ASSETS, CurrencyCode
from fairhouse.platform.database import Database

ANSWERS_WITHIN_S: Final = 10.0
GROUND: Final = "#0d1117"
LISTS: Final = frozenset({"domains", "currencies", "languages", "games"})


def add_arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    deeds = parser.add_subparsers(dest="deed", required=True)
    deeds.add_parser("list", help="every brand")
    show = deeds.add_parser("show", help="one brand's definition and history")
    show.add_argument("slug")
    _add_create(deeds.add_parser("create", help="make a brand"))
    change = deeds.add_parser("set", help="change fields: set nightowl name=Owl theme.mark=O")
    change.add_argument("slug")
    change.add_argument("fields", nargs="+", metavar="field=value")
    change.add_argument("--reason", required=True)
    vaults = deeds.add_parser("vaults", help="import the public keys that the signer published")
    vaults.add_argument("slug")
    vaults.add_argument("--file", type=Path, required=True)


def _add_create(create: ArgumentParser) -> None:
    create.add_argument("slug")
    create.add_argument("--name", required=True)
    create.add_argument("--domain", action="append", required=True, help="the first is canonical")
    create.add_argument("--jurisdiction", default="demonstration")
    create.add_argument("--accent", required=True, help="#rrggbb of buttons and links")
    create.add_argument("--accent-ink", help="text on the accent; chosen to be readable")
    create.add_argument("--accent-soft", help="borders; a darker accent")
    create.add_argument("--ground", default=GROUND, help="the page behind everything")
    create.add_argument("--mark", help="one character; the name's first")
    create.add_argument("--currencies", default="", help="BTC,ETH,…; all")
    create.add_argument("--languages", default="en,de", help="the first is the default")
    create.add_argument("--games", default="", help="slugs, separated by commas; all")
    create.add_argument("--terms-version", default="2026-11-01")
    create.add_argument("--entity", default="", help="the licensed company")
    create.add_argument("--public-url", default="", help="what players type")
    create.add_argument("--vaults", type=Path, help="see `brand vaults`")
    create.add_argument("--reason", required=True)


async def main(settings: Settings, arguments: Namespace) -> str:
    """What was found or done. Refuses as the use cases do."""
    db = await Database.connect(settings.database.app_url)
    try:
        async with db.read() as tx:
            await brands.refresh(tx)
        return await _DEEDS[arguments.deed](settings, db, arguments)
    finally:
        await db.close()


async def _list(settings: Settings, db: Database, arguments: Namespace) -> str:
    rows = [("id", "slug", "name", "version", "jurisdiction", "url", "vaults")]
    async with db.read() as tx:
        chains = sorted({of.chain for of in ASSETS.values()})
        vaults = [one for chain in chains for one in await custody.vaults(tx, chain=chain)]
    having = {vault.brand_id for vault in vaults}
    rows += [
        (
            str(item.id),
            item.slug,
            item.name,
            str(item.version),
            item.jurisdiction.code,
            _url(settings, item),
            "yes" if item.id in having else "none yet",
        )
        for item in brands.all_brands()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


async def _show(settings: Settings, db: Database, arguments: Namespace) -> str:
    brand = brands.brand_named(arguments.slug)
    async with db.read() as tx:
        history = await brands.brand_history(tx, brand_id=brand.id)
    shown = {"id": brand.id, "version": brand.version, "url": _url(settings, brand)}
    shown |= json.loads(brands.as_json(brands.definition_of(brand)))
    lines = [
        f"  {line.version}  {line.made_at:%Y-%m-%d %H:%M}  {line.actor}  {line.reason}"
        for line in history
    ]
    shown_as = json.dumps(shown, indent=2, ensure_ascii=False)
    return "\n".join([shown_as, "", "History:", *lines])


async def _create(settings: Settings, db: Database, arguments: Namespace) -> str:
    made = _definition(settings, arguments)
    _check_games(made.games)
    async with db.tx() as tx:
        brand = await brands.create_brand(
            tx, definition=made, actor=_actor(), reason=arguments.reason
        )
    where = f"{brand.name} is brand {brand.id}: {_url(settings, brand)}"
    lines = [where, await _served(settings, brand)]
    if arguments.vaults is not None:
        lines.append(await _import(settings, brand, arguments.vaults))
    lines += ["", *_still_to_do(brand, has_vaults=arguments.vaults is not None)]
    return "\n".join(lines)


def _definition(settings: Settings, arguments: Namespace) -> BrandDefinition:
    domains = tuple(arguments.domain)
    codes = _split(arguments.currencies) or brands.all_brands()[0].currencies
    return BrandDefinition(
        slug=arguments.slug,
        name=arguments.name,
        domains=domains,
        theme=Theme(
            accent=arguments.accent.lower(),
            accent_ink=arguments.accent_ink or brands.ink_on(arguments.accent.lower()),
            accent_soft=arguments.accent_soft or brands.softer(arguments.accent.lower()),
            ground=arguments.ground.lower(),
            mark=arguments.mark or arguments.name[:1].upper(),
        ),
        jurisdiction=JurisdictionCode(arguments.jurisdiction),
        terms_version=arguments.terms_version,
        currencies=tuple(CurrencyCode(code) for code in codes),
        languages=_split(arguments.languages),
        games=_split(arguments.games),
        entity=arguments.entity,
        public_url=arguments.public_url or _usual_url(settings, domains[0]),
    )


async def _set(settings: Settings, db: Database, arguments: Namespace) -> str:
    before = brands.brand_named(arguments.slug)
    was = brands.definition_of(before)
    raw: dict[str, Any] = json.loads(brands.as_json(was))
    for text in arguments.fields:
        _put(raw, text)
    wanted = brands.parse_definition(json.dumps(raw))
    _check_games(wanted.games)
    async with db.tx() as tx:
        brand = await brands.change_brand(
            tx,
            brand_id=before.id,
            based_on=before.version,
            definition=wanted,
            actor=_actor(),
            reason=arguments.reason,
        )
    changes = brands.definition_differences(was, wanted)
    return "\n".join(
        [
            f"{brand.name} has version {brand.version}.",
            *(f"  {one.field}: {one.before} → {one.after}" for one in changes),
        ]
    )


def _put(raw: dict[str, Any], text: str) -> None:
    """One `field=value`, dotted fields too; lists are separated by commas."""
    name, equals, value = text.partition("=")
    if not equals:
        raise SettingsInvalid(f"{text!r} must be field=value.")
    *path, last = name.split(".")
    within = raw
    for part in path:
        inner: object = within.get(part)
        if not isinstance(inner, dict):
            raise SettingsInvalid(f"{name} is no field of a brand.")
        within = cast("dict[str, Any]", inner)
    if last not in within:
        raise SettingsInvalid(f"{name} is no field of a brand.")
    within[last] = list(_split(value)) if last in LISTS else value


async def _vaults(settings: Settings, db: Database, arguments: Namespace) -> str:
    return await _import(settings, brands.brand_named(arguments.slug), arguments.file)


async def _import(settings: Settings, brand: Brand, file: Path) -> str:
    """Believe the signer's public keys for this brand; the worker's role alone may write them."""
    try:
        signed = decode_vaults(await asyncio.to_thread(file.read_bytes))
    except (OSError, ValueError) as error:
        raise SettingsInvalid(f"{file}: {error}.") from error
    found = [one for one in signed if one.record.brand_id == brand.id]
    if not found:
        raise SettingsInvalid(f"{file} has no vault of brand {brand.id}; see new-brand.md.")
    db = await Database.connect(settings.database.worker_url)
    try:
        async with db.tx() as tx:
            for one in found:
                await custody.import_vault(
                    tx, signed=one, identity_key=settings.signer.identity_key
                )
    finally:
        await db.close()
    chains = ", ".join(one.record.chain_id for one in found)
    return f"Vaults on {chains} are imported: {brand.name} can take deposits."


async def _served(settings: Settings, brand: Brand) -> str:
    """Ask the running API for the brand, as a browser would."""
    port = next(iter(settings.http.player_ports.values()))
    host = brand.domains[0]
    deadline = asyncio.get_running_loop().time() + ANSWERS_WITHIN_S
    async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
        while asyncio.get_running_loop().time() < deadline:
            try:
                answer = await client.get(
                    f"http://127.0.0.1:{port}/v1/config", headers={"host": f"{host}:{port}"}
                )
            except httpx.HTTPError:
                break
            if answer.status_code == 200 and answer.json()["brand"]["slug"] == brand.slug:
                return "It answers already: players can register and play for play money."
            await asyncio.sleep(0.2)
    return "No API process answers for it yet; it will, once one runs."


def _still_to_do(brand: Brand, *, has_vaults: bool) -> Sequence[str]:
    """What only the operator can do; docs/runbooks/new-brand.md says how."""
    keys = (
        f"At the signer: add {brand.id} to `brands` of its policy, start it again, then `python -m "
        f"signer public --dir … --brand {brand.id} > vaults.json`."
    )
    back = (
        f"`fairhouse bankroll --brand {brand.slug} --asset … --amount … --reason …` lets them back "
        "its bets: until then it takes play money only."
    )
    steps = [f"Point DNS and TLS of {', '.join(brand.domains)} at the player port."]
    if not has_vaults:
        steps += [keys, f"Here: `fairhouse brand vaults {brand.slug} --file vaults.json`."]
    steps += ["Send coins to its hot wallets and gas tanks (back office, Treasury).", back]
    if brand.jurisdiction.unknown:
        steps.append(
            f"Confirm with the compliance officer what is assumed of {brand.jurisdiction.code}: "
            f"{', '.join(brand.jurisdiction.unknown)}."
        )
    return ["Still to do for real money:", *(f"  {n}. {text}" for n, text in enumerate(steps, 1))]


def _url(settings: Settings, brand: Brand) -> str:
    named = settings.http.public_urls.get(brand.slug) or brand.public_url
    return named or f"https://{brand.domains[0]}"


def _usual_url(settings: Settings, domain: str) -> str:
    """As the other brands are reached: the same scheme and port, where these are not the usual."""
    known = next(iter(settings.http.public_urls.values()), "")
    parts = urlsplit(known)
    if not known or (parts.scheme == "https" and parts.port is None):
        return ""
    return f"{parts.scheme}://{domain}:{parts.port}" if parts.port else f"{parts.scheme}://{domain}"


def _check_games(slugs: Sequence[str]) -> None:
    strange = [slug for slug in slugs if slug not in GAMES]
    if strange:
        raise SettingsInvalid(f"games: {strange[0]} is none of {', '.join(sorted(GAMES))}.")


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _actor() -> str:
    return f"cli:{getpass.getuser()}"


_DEEDS: Final[Mapping[str, Callable[[Settings, Database, Namespace], Awaitable[str]]]] = {
    "list": _list,
    "show": _show,
    "create": _create,
    "set": _set,
    "vaults": _vaults,
}
