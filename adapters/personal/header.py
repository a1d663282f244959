"""Detection of a header row that holds values instead of column names.

The first row of a file without a header would otherwise be repeated in every message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from adapters.personal.kinds import STRICT
from adapters.personal.masking import masked
from adapters.personal.names import is_single_name
from adapters.personal.plain import plain
from adapters.personal.value_detection import kind_of, maybe

_FIGURE = re.compile(r"[\d\s.,:/+\-¥$€£%TZ年月日時分秒円]*\d[\d\s.,:/+\-¥$€£%TZ年月日時分秒円]*")
_HEADS = re.compile(
    r"(?i)\b(?:id|no|date|time|name|code|number|num|qty|quantity|amount|price|total|type|kind|status|channel|customer|order|product|item|member|"
    r"user|account|sku|store|shop|sales|paid|value|note|memo|at|on|by|rank|area|region|year|month|day|url|tax|discount|currency|country|city|"
    r"email|e-mail|phone|address|gender|birth|age)s?\b"
    r"|番号|日|名|額|金|数|量|コード|区分|種別|種類|状態|ステータス|住所|電話|メール|会員|顧客|お客|注文|受注|商品|品|単価|価格|税|備考|店|媒体|"
    r"年|月|時|分類|カテゴリ|ブランド|ポイント|クーポン|性別|地域|都道府県|郵便|氏|姓|理由|開始|終了|送料|配送|支払|サイズ|色|ID|Ｉ|キー"
)
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(?:[_\-.][a-z0-9]+)*|[a-z]+(?:[A-Z][a-z0-9]+)+|column_\d+")


def holds_values(names: Iterable[str]) -> bool:
    """Return whether a first row holds values instead of column names.

    Values are a number, a date, personal data, or text unlike a column's name.
    """
    read = [plain(name) for name in names]
    return any(map(_is_value, read)) or not any(map(_is_name, read))


def shown_name(name: str) -> str:
    """Return a column's name as messages may show it."""
    return masked(name) if _is_value(plain(name)) else name


def _is_value(text: str) -> bool:
    return bool(
        _FIGURE.fullmatch(text)
        or len(text) > 100
        or kind_of(text, STRICT)
        or maybe(text, STRICT)
        or (len(text) >= 2 and is_single_name(text))
    )


def _is_name(text: str) -> bool:
    return bool(_IDENTIFIER.fullmatch(text) or _HEADS.search(re.sub(r"[_\-]", " ", text)))
