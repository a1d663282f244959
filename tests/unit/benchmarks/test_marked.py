"""A benchmark's own part of the page."""

from __future__ import annotations

from pathlib import Path

from benchmarks.marked import put


def test_only_its_own_part_changes(tmp_path: Path) -> None:
    """Written twice, the part stands once, and what people wrote around it stays."""
    there = tmp_path / "page.md"
    there.write_text("# Ours\n\nbefore\n", encoding="utf-8")

    put(there, "cdnow", "old table")
    there.write_text(there.read_text(encoding="utf-8") + "\nafter\n", encoding="utf-8")
    put(there, "cdnow", "new table")

    assert there.read_text(encoding="utf-8") == "# Ours\n\nbefore\n\n<!-- cdnow -->\n\nnew table\n\n<!-- /cdnow -->\n\nafter\n"
    assert list(tmp_path.iterdir()) == [there]
