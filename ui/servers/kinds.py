"""The kinds of servers that a scene can choose. A new kind is a row of `KINDS`; its fields go into the preferences."""

from __future__ import annotations

from dataclasses import dataclass

from ...jobs.journal.submission import LOCAL
from ...jobs.server_address import RENDERJUICE

KEY_VARIABLE = "FARMHAND_API_KEY"
"""The environment variable of an API key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerKind:
    """One kind of server.

    id: its name in scenes. number: its value in .blend files, which never changes.
    label, description, icon: what menus and preferences show.
    button, entry: what the main button and an entry of the Render menu say; {server} is the host, {action} the entry's.
    url: its address, if it is the same for all servers of the kind; else url_field is the preference with it.
    key_field: the preference with its API key; "" if no key is used.
    environment_key: whether FARMHAND_API_KEY comes before that preference ("first"), after it ("last") or never ("").
    requires_key: whether nothing can be sent without a key.
    account_url: where users get a key.
    """

    id: str
    number: int
    label: str
    description: str
    icon: str
    button: str
    entry: str
    url: str = ""
    url_field: str = ""
    key_field: str = ""
    environment_key: str = ""
    requires_key: bool = False
    account_url: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The preferences that belong to this kind, as they are drawn."""
        return tuple(name for name in (self.url_field, self.key_field) if name)


KINDS = (
    ServerKind(
        id="LOCAL",
        number=0,
        label="This Computer",
        description="Render on this computer, without an account",
        icon="DESKTOP",
        button="Render on This Computer",
        entry="{action} on This Computer",
        url=LOCAL,
    ),
    ServerKind(
        id="RENDERJUICE",
        number=1,
        label="Renderjuice",
        description="Render in Renderjuice's cloud, with your account's API key",
        icon="URL",
        button="Render in Cloud",
        entry="{action} in Cloud",
        url=RENDERJUICE,
        key_field="renderjuice_key",
        environment_key="first",
        requires_key=True,
        account_url="https://www.renderjuice.com",
    ),
    ServerKind(
        id="CUSTOM",
        number=2,
        label="Custom Server",
        description="Render on a studio server with the same API",
        icon="NETWORK_DRIVE",
        button="Render on {server}",
        entry="{action} on {server}",
        url_field="custom_url",
        key_field="custom_key",
        environment_key="last",
        requires_key=True,
    ),
)
SERVER_ITEMS = tuple((kind.id, kind.label, kind.description, kind.icon, kind.number) for kind in KINDS)


def kind_of(name: str) -> ServerKind:
    """The kind with this id. Raises KeyError."""
    return _BY_ID[name]


def kind_at(url: str) -> ServerKind:
    """The kind of the server at an address: the one with this fixed address, else the one with a typed address."""
    return next((kind for kind in KINDS if kind.url == url), _TYPED)


_BY_ID = {kind.id: kind for kind in KINDS}
_TYPED = next(kind for kind in KINDS if kind.url_field)
