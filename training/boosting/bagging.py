"""Several boosters as one LightGBM text whose score is their average (bagging: Breiman 1996).

A booster draws rows and columns at random, and two seeds order the same customers differently; averaging takes that
accident out. It is done in the text, so that whatever loads, explains and serves a model need not know of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import lightgbm

SCALED = ("leaf_value", "internal_value", "shrinkage")
_TREE = re.compile(r"Tree=\d+\n")


def averaged(boosters: Sequence[tuple[lightgbm.Booster, int]]) -> lightgbm.Booster:
    """Return one booster that averages the raw scores of several.

    Each of the (booster, rounds) pairs counts with its own number of rounds.
    """
    texts = [booster.model_to_string(num_iteration=max(1, rounds)) for booster, rounds in boosters]
    if len(texts) == 1:
        return lightgbm.Booster(model_str=texts[0])
    split = [_parts(text) for text in texts]
    trees = [tree for _, trees, _ in split for tree in trees]
    blocks = [f"Tree={k}\n{_scaled(tree, 1.0 / len(texts))}" for k, tree in enumerate(trees)]
    head, _, tail = split[0]
    sizes = "tree_sizes=" + " ".join(str(len(block.encode())) for block in blocks)
    return lightgbm.Booster(model_str=re.sub(r"tree_sizes=.*", sizes, head) + "".join(blocks) + tail)


def _parts(text: str) -> tuple[str, list[str], str]:
    """Return what stands before the trees, the trees without their numbers, and what stands after them."""
    trees, _, rest = text.partition("end of trees")
    head, *bodies = _TREE.split(trees)
    return head, bodies, f"end of trees{rest}"


def _scaled(tree: str, share: float) -> str:
    lines = []
    for line in tree.split("\n"):
        name, equals, values = line.partition("=")
        lines.append(f"{name}{equals}{' '.join(f'{share * float(v):.17g}' for v in values.split())}" if name in SCALED else line)
    return "\n".join(lines)
