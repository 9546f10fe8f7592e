"""Whether the demo is complete, told by a small file: a server that starts need not open the tenant to know."""

from tessera.bootstrap.settings import Settings

DEMO = "demo"
_FILE = "demo-complete"


def is_complete(settings: Settings) -> bool:
    """Whether the demo was finished in this installation."""
    return (settings.data_dir / _FILE).is_file()


def note_complete(settings: Settings) -> None:
    """Remember that the demo is finished."""
    (settings.data_dir / _FILE).touch()


def forget(settings: Settings) -> None:
    """Make the demo again at the next occasion: its tenant is gone."""
    (settings.data_dir / _FILE).unlink(missing_ok=True)
