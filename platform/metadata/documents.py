"""The stored form of effective definitions: plain JSON that servers compile from, without ever looking at the disk."""

from collections.abc import Mapping
from typing import Any

from tessera.metadata.definitions import Definitions
from tessera.metadata.operations import ROOTS, Layers
from tessera.metadata.ordered import pack, unpack
from tessera.metadata.provenance import Provenance
from tessera.metadata.shape import decode, encode, plain

FORMAT = 1


def definitions_of(layers: Layers) -> Definitions:
    """The typed definitions that laid-out layers describe."""
    return _typed(layers.documents, texts=layers.texts, settings=layers.settings, provenance=layers.provenance)


def to_documents(definitions: Definitions) -> dict[str, Any]:
    """Definitions as JSON that survives any store, also one that sorts keys."""
    by_layer: dict[str, list[list[str]]] = {}
    for path, layer in definitions.provenance.items():
        by_layer.setdefault(layer, []).append(list(path))
    documents: dict[str, Any] = pack(
        {
            "format": FORMAT,
            **{root: {key: encode(entry) for key, entry in getattr(definitions, root).items()} for root in ROOTS},
            "texts": plain(definitions.texts),
            "settings": plain(definitions.settings),
            "provenance": by_layer,
        }
    )
    return documents


def from_documents(documents: Mapping[str, Any]) -> Definitions:
    """The definitions that `to_documents` was given; equal to them in every part. Raises ValueError for a newer format."""
    if documents.get("format") != FORMAT:
        raise ValueError("these definitions were stored by a newer version")
    plain_documents = unpack(dict(documents))
    provenance = {tuple(path): layer for layer, paths in plain_documents["provenance"].items() for path in paths}
    return _typed(plain_documents, texts=plain_documents["texts"], settings=plain_documents["settings"], provenance=provenance)


def _typed(
    documents: Mapping[str, Mapping[str, Any]],
    *,
    texts: Mapping[str, Mapping[str, str]],
    settings: Mapping[str, Any],
    provenance: Mapping[tuple[str, ...], str],
) -> Definitions:
    typed = {root: {key: decode(cls, key, entry) for key, entry in documents[root].items()} for root, cls in ROOTS.items()}
    return Definitions(**typed, texts=texts, settings=settings, provenance=Provenance(provenance))
