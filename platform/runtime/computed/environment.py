"""The circumstances of stored values: the same for everybody, so that a value does not depend on who saved last."""

from datetime import datetime

from tessera.expressions.environment import Environment
from tessera.runtime.model import Catalog


def stored_environment(catalog: Catalog, now: datetime) -> Environment:
    """Now, and the day it is in the company's own time zone."""
    return Environment.at(now, catalog.timezone)
