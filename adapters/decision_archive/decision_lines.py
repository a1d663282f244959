"""Decisions of a run as JSON lines, compressed, in the form of the HTTP reply.

Which fields a decision has: ``decisions.decision_table``, and as JSON ``decisions.explanation.decision_json``.

Parquet parts hold columns; a page of decisions over HTTP is JSON. Making it again from the inputs would cost the service as much as the
decisions themselves, so the run writes it once. A file is a row of zstd frames, which ``zstd -d`` reads as one; a page opens only its own.

::

    part-00000.ndjson.zst   one line per row of part-00000.parquet; the frames stand in the part's sidecar
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from otokui.errors import BadInput

FRAME_LINES: Final = 250
CODEC: Final = "zstd"


def compressed(lines: Sequence[bytes]) -> tuple[bytes, list[list[int]]]:
    """Return the compressed file of some lines, and the sizes of its frames.

    The sizes are bytes, and bytes when decompressed.
    """
    codec, frames, sizes = pa.Codec(CODEC, compression_level=1), [], []
    for begin in range(0, len(lines), FRAME_LINES):
        plain = b"".join(line + b"\n" for line in lines[begin : begin + FRAME_LINES])
        frame = codec.compress(plain, asbytes=True)
        frames.append(frame)
        sizes.append([len(frame), len(plain)])
    return b"".join(frames), sizes


def read_lines(folder: Path, part: Mapping[str, Any], first: int, last: int) -> list[bytes] | None:
    """Return the decision lines of a part in a run's manifest, or None.

    They are the lines ``first`` to ``last`` (exclusive). None: the run wrote no lines.

    Raises:
        BadInput: the file is not the one the manifest vouches for.
    """
    vouched = part.get("lines")
    if vouched is None:
        return None
    path = folder / vouched["file"]
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != vouched["sha256"]:
        raise BadInput(f"{path} is not the file its manifest vouches for (SHA-256)", fix="restore the folder from a backup")
    begin, codec, lines = 0, pa.Codec(CODEC), list[bytes]()
    skipped = first // FRAME_LINES
    for number, (size, plain) in enumerate(vouched["frames"]):
        if skipped <= number < -(-last // FRAME_LINES):
            lines += codec.decompress(content[begin : begin + size], decompressed_size=plain, asbytes=True).splitlines()
        begin += size
    return lines[first - skipped * FRAME_LINES : last - skipped * FRAME_LINES]


def without_customers(folder: Path, lines: Mapping[str, Any], customer_ids: Collection[str]) -> tuple[bytes, list[list[int]]]:
    """Return the lines of a part without those of some customers, compressed as ``compressed`` does.

    lines: what the sidecar says of the file, which may have been rewritten since.
    """
    with pa.input_stream(str(folder / lines["file"]), compression=CODEC) as stream:
        found = stream.read().splitlines()
    return compressed([line for line in found if json.loads(line)["customer_id"] not in customer_ids])
