#!/usr/bin/env python3
"""Bring the catalogues of an app up to date with its definitions:  .venv/bin/python tools/extract_app_texts.py [--check] [APP …]

Writes `apps/<app>/translations/<language>.po` for every language that the app has or that is named with --language: new texts
are added without a translation, texts that are gone are dropped, finished translations stay. --check writes nothing and fails
when a text is missing, untranslated or stale.
"""

import sys
from io import BytesIO
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from tessera.metadata.errors import AppErrors
from tessera.metadata.loader import discover, load_apps
from tessera.metadata.packages import AppPackage
from tessera.metadata.texts import texts_of
from tessera.runtime.fields.registry import field_type_schemas

#: Places shown beside a text; more tell a translator nothing new.
MOST_PLACES = 3
#: Problems that --check prints before it only counts.
MOST_SHOWN = 30


def catalogue(package: AppPackage, language: str, old: Catalog) -> Catalog:
    """The catalogue of all texts of an app, with the translations that `old` has."""
    new = Catalog(locale=language, project=package.name, version=package.version, charset="utf-8", fuzzy=False)
    new.header_comment = f"# Translations of the app {package.name}."
    for english, places in sorted(texts_of(package).items()):
        known = old.get(english)
        translation = known.string if known is not None and not known.fuzzy else ""
        new.add(english, translation, auto_comments=places[:MOST_PLACES])
    return new


def written(content: Catalog) -> bytes:
    """A catalogue as its file, the same on every machine and on every day."""
    buffer = BytesIO()
    write_po(buffer, content, width=0, omit_header=True)
    fields = {"Content-Type": "text/plain; charset=utf-8", "Language": str(content.locale)}
    header = "".join(f'"{name}: {value}\\n"\n' for name, value in fields.items())
    head = f'{content.header_comment}\nmsgid ""\nmsgstr ""\n{header}\n'
    return head.encode() + buffer.getvalue().strip() + b"\n"


def problems(package: AppPackage, language: str, old: Catalog) -> list[str]:
    """What a catalogue lacks or has too much."""
    wanted = texts_of(package)
    entries = {str(entry.id): entry for entry in old if entry.id}
    missing = [f"{english!r} is not translated" for english in wanted if english not in entries or not entries[english].string]
    stale = [f"{english!r} is no text of the app any more" for english in entries if english not in wanted]
    fuzzy = [f"{english!r} is marked as unsure" for english, entry in entries.items() if entry.fuzzy]
    return [f"{package.name} ({language}): {problem}" for problem in missing + stale + fuzzy]


@click.command(help=__doc__)
@click.argument("apps", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; fail when a catalogue is not complete and current.")
@click.option("--language", "languages", multiple=True, help="A language to add.")
def main(apps: tuple[str, ...], *, check: bool, languages: tuple[str, ...]) -> None:
    folders = discover()
    try:
        packages = load_apps(folders.values(), field_type_schemas())
    except AppErrors as errors:
        sys.exit(str(errors))
    found: list[str] = []
    for package in packages:
        if apps and package.name not in apps:
            continue
        folder = folders[package.name] / "translations"
        for language in sorted({*languages, *(path.stem for path in folder.glob("*.po"))}):
            path = folder / f"{language}.po"
            old = read_po(BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog(locale=language)
            if check:
                found += problems(package, language, old)
                continue
            folder.mkdir(exist_ok=True)
            path.write_bytes(written(catalogue(package, language, old)))
            click.echo(f"{path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")
    if found:
        more = [f"… and {len(found) - MOST_SHOWN} more"] if len(found) > MOST_SHOWN else []
        sys.exit("\n".join([*found[:MOST_SHOWN], *more]))


if __name__ == "__main__":
    main()
