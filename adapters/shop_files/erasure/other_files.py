"""Erasure in every other file of a shop's folder, and a search of all.

The other files are exports, predictions, reports and leftovers. At the end all files are searched for the ids. Rows of tables go (Parquet,
CSV, JSON lines), names in pages and documents become ``erased``. An id that could be any number or word (digits alone, letters alone, very
short) is sought only where a value stands by itself. Models, settings and policies hold no customers and are never changed: a name found
there is told, not touched.
"""

from __future__ import annotations

import json
import mmap
import re
import shutil
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from adapters.files.atomic_files import replace_text
from adapters.shop_files.erasure.parquet_rows import ERASING, holds, naming, rewrite, text_columns

ERASED: Final = "erased"
"""What stands in place of a customer id in a page or a document."""

_LINES: Final = (".csv", ".tsv", ".ndjson", ".jsonl")
_PAGES: Final = (".html", ".htm", ".md", ".txt", ".log", ".svg")
_NUMBERS: Final = (".f64", ".u64", ".u32", ".npy")
_KEPT: Final = ("models", "policies", "settings-trail", "response", "prices")
_SETTINGS: Final = "otokui.toml"
_DISTINCTIVE: Final = 4
_LEFTOVERS: Final = ("spill",)


@dataclass(frozen=True, slots=True)
class Search:
    """Result of a search for erased ids in files.

    It holds the files and bytes searched, and the files in which an id still stands.
    """

    files: int
    bytes: int
    found: tuple[str, ...]


def erase_others(shop: Path, ids: Collection[str], ledger: Collection[Path]) -> Counter[str]:
    """Erase customers from the files that no other step knows.

    ledger: the files of the ledger, which are left alone.
    """
    done: Counter[str] = Counter()
    for name in _LEFTOVERS:
        done["temporary files"] += sum(1 for path in (shop / name).rglob("*") if path.is_file())
        shutil.rmtree(shop / name, ignore_errors=True)
    for path in _files(shop, ledger):
        if path.name.endswith(ERASING):
            path.unlink()
        elif path.relative_to(shop).parts[0] in _KEPT or path == shop / _SETTINGS:
            continue
        elif path.suffix == ".parquet" and _readable(path) and holds(path, ids):
            done["other tables"] += rewrite(path, path, naming(ids, text_columns(pq.read_schema(path))))
        elif path.suffix in _LINES:
            done["other tables"] += _without_lines(path, ids)
        elif path.suffix == ".json":
            done["documents"] += _without_values(path, ids)
        elif path.suffix in _PAGES:
            done["documents"] += _without_names(path, ids)
    return done


def search(shop: Path, ids: Collection[str], ledger: Collection[Path]) -> Search:
    """Search every file, Parquet value by value and the others byte by byte."""
    pattern = _pattern(ids)
    files, size, found = 0, 0, list[str]()
    for path in _files(shop, ledger):
        files, size = files + 1, size + path.stat().st_size
        if path.suffix == ".parquet" and _readable(path):
            stands = holds(path, ids)
        else:
            stands = pattern is not None and path.suffix not in _NUMBERS and _matches(path, pattern)
        if stands:
            found.append(str(path.relative_to(shop)))
    return Search(files, size, tuple(sorted(found)))


def _files(shop: Path, ledger: Collection[Path]) -> Iterator[Path]:
    for path in sorted(shop.rglob("*")):
        if path.is_file() and not path.is_symlink() and path not in ledger:
            yield path


def _readable(path: Path) -> bool:
    try:
        pq.read_schema(path)
    except (pa.ArrowInvalid, OSError):
        return False
    return True


def _pattern(ids: Collection[str]) -> re.Pattern[bytes] | None:
    """Return a pattern of the ids that are no plain number or word, not as parts of longer words."""
    distinctive = (each for each in ids if len(each) >= _DISTINCTIVE and re.search(r"\d", each) and re.search(r"\D", each))
    words = b"|".join(re.escape(each.encode()) for each in sorted(distinctive, key=len, reverse=True))
    return re.compile(rb"(?<![\w-])(?:" + words + rb")(?![\w-])") if words else None


def _matches(path: Path, pattern: re.Pattern[bytes]) -> bool:
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return pattern.search(content) is not None


def _without_lines(path: Path, ids: Collection[str]) -> int:
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    words = "|".join(re.escape(each) for each in ids)
    named = re.compile(rf'(?:^|[,;\t"|])\s*(?:{words})\s*(?:$|[,;\t"|\r\n])')
    lines = text.splitlines(keepends=True)
    kept = [line for line in lines if not named.search(line)]
    if len(kept) < len(lines):
        replace_text(path, "".join(kept), errors="surrogateescape")
    return len(lines) - len(kept)


def _without_values(path: Path, ids: Collection[str]) -> int:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError):
        return 0
    count = Counter[str]()
    changed = _masked(content, frozenset(ids), count)
    if count.total():
        replace_text(path, json.dumps(changed, ensure_ascii=False, indent=1) + "\n")
    return count.total()


def _masked(value: Any, ids: frozenset[str], count: Counter[str]) -> Any:
    if isinstance(value, str):
        count[ERASED] += value in ids
        return ERASED if value in ids else value
    if isinstance(value, list):
        return [_masked(each, ids, count) for each in value]
    if isinstance(value, dict):
        return {_masked(name, ids, count): _masked(each, ids, count) for name, each in value.items()}
    return value


def _without_names(path: Path, ids: Collection[str]) -> int:
    content = path.read_bytes()
    count = 0
    for each in ids:
        content, marked = re.subn(rb"(<code>)" + re.escape(each.encode()) + rb"(</code>)", rb"\1" + ERASED.encode() + rb"\2", content)
        count += marked
    pattern = _pattern(ids)
    if pattern is not None:
        content, marked = pattern.subn(ERASED.encode(), content)
        count += marked
    if count:
        replace_text(path, content.decode("utf-8", "surrogateescape"), errors="surrogateescape")
    return count
