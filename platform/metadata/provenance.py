"""Which layer each property came from, kept compactly: a path has the layer of its nearest recorded ancestor."""

from collections.abc import Iterator, Mapping

from tessera.metadata.errors import Path

OVERLAY = "overlay"


class Provenance(Mapping[Path, str]):
    """Layer by path of stable keys, e.g. `("modules", "customer", "fields", "name", "label")` → `"standard_crm"`.

    Only paths where the layer differs from what is around them are stored and iterated; every path below can be asked for.
    """

    __slots__ = ("_layers",)

    def __init__(self, layers: Mapping[Path, str]) -> None:
        self._layers = dict(layers)

    def __getitem__(self, path: Path) -> str:
        for length in range(len(path), 0, -1):
            if (layer := self._layers.get(path[:length])) is not None:
                return layer
        raise KeyError(path)

    def __iter__(self) -> Iterator[Path]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)

    def __eq__(self, other: object) -> bool:
        return dict(self.items()) == dict(other.items()) if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Provenance({self._layers!r})"
