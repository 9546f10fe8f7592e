"""Mappings whose order means something, in JSON stores that forget it (`jsonb` sorts keys as it likes).

`pack` writes the order beside the entries, as `"$order": [...]`, wherever it is not alphabetical; `unpack` puts it back.
"""

from typing import Any

ORDER = "$order"


def pack(value: Any) -> Any:
    """Plain JSON that keeps the order of every mapping in `value`, whatever the store does to keys."""
    if isinstance(value, dict):
        keys = list(value)
        packed = {_escape(key): pack(entry) for key, entry in value.items()}
        if keys != sorted(keys):
            packed[ORDER] = keys
        return packed
    return [pack(entry) for entry in value] if isinstance(value, list | tuple) else value


def unpack(value: Any) -> Any:
    """What was packed, with its order."""
    if isinstance(value, dict):
        entries = {_unescape(key): unpack(entry) for key, entry in value.items() if key != ORDER}
        return {key: entries[key] for key in value.get(ORDER) or sorted(entries)}
    return [unpack(entry) for entry in value] if isinstance(value, list) else value


def _is_order(key: str) -> bool:
    return key.startswith("$") and key.lstrip("$") == "order"


def _escape(key: str) -> str:
    return f"${key}" if _is_order(key) else key


def _unescape(key: str) -> str:
    return key[1:] if _is_order(key) else key
