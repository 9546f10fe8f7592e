"""The navigation of a tenant as one person sees it: groups of modules from the menus, without what they may not read."""

from collections.abc import Iterator
from dataclasses import dataclass

from tessera.metadata.definitions import MenuGroup, ModuleDefinition
from tessera.security.policy import ModuleAccess
from tessera.web.page import Page

#: The app that every tenant has.
CORE = "core"


@dataclass(frozen=True, slots=True)
class Entry:
    """A link to a module's list, or one of its views."""

    module: str
    label: str
    icon: str
    tone: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class EntryGroup:
    """A titled group."""

    key: str
    label: str
    entries: tuple[Entry, ...]


def navigation(page: Page, current: str | None = None) -> list[EntryGroup]:
    """The groups with anything in them; `current` is the module of this page."""
    groups = []
    for group in sorted(page.catalog.definitions.menus.values(), key=lambda group: _is_housekeeping(page, group)):
        entries = []
        for item in group.items.values():
            module = page.catalog.modules.get(item.module)
            if module is None or "read" not in access_to(page, module.definition).actions:
                continue
            label = page.t(item.label or module.definition.label_plural)
            href = page.url(f"/m/{item.module}", view=item.view)
            entries.append(_entry(page, module.definition, label, href, current == item.module))
        if entries:
            groups.append(EntryGroup(group.key, page.t(group.label), tuple(entries)))
    return groups


def _is_housekeeping(page: Page, group: MenuGroup) -> bool:
    """Whether all of a group comes with every tenant: users, currencies. It stands below what the tenant's own apps bring."""
    found = [page.catalog.modules[item.module] for item in group.items.values() if item.module in page.catalog.modules]
    return all(module.definition.app == CORE for module in found)


def modules(page: Page) -> Iterator[ModuleDefinition]:
    """The modules that the person may read, those of the menus first and in their order."""
    menus = sorted(page.catalog.definitions.menus.values(), key=lambda group: _is_housekeeping(page, group))
    keys = dict.fromkeys([*(item.module for group in menus for item in group.items.values()), *page.catalog.modules])
    for key in keys:
        module = page.catalog.modules.get(key)
        if module is not None and "read" in access_to(page, module.definition).actions:
            yield module.definition


def access_to(page: Page, definition: ModuleDefinition) -> ModuleAccess:
    """What the person may do to a module, asked without a session."""
    policy = page.tenant.runtime.policy
    return policy.access(page.context.principal, definition.key, definition.access)


def _entry(page: Page, definition: ModuleDefinition, label: str, href: str, current: bool) -> Entry:
    return Entry(definition.key, label, definition.icon, definition.tone, href, current)
