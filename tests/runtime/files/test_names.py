"""What is left of the name a file came with."""

import pytest

from tessera.runtime.files.names import LONGEST, display_name


@pytest.mark.parametrize(
    ("claimed", "shown"),
    [
        ("offer.pdf", "offer.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\offer.pdf", "offer.pdf"),
        ("报价单 2026.xlsx", "报价单 2026.xlsx"),
        ("a\x00b\nc.txt", "a b c.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ('a<b>:"c|?*.txt', "a_b___c___.txt"),
        ("CON.txt", "_CON.txt"),
        ("  .hidden. ", "hidden"),
        ("\ud800x.txt", "x.txt"),
        ("...", "file"),
        ("", "file"),
        (None, "file"),
    ],
)
def test_is_harmless(claimed: str | None, shown: str) -> None:
    assert display_name(claimed) == shown


def test_long_names_keep_their_extension() -> None:
    shown = display_name("x" * 500 + ".pdf")
    assert len(shown) == LONGEST
    assert shown.endswith("x.pdf")
