"""Personal data by column name: refused, or replaced by a pseudonym.

``adapters.records.validation.personal_data_removal`` checks the contents of a column. Columns that the shop lists are replaced by a
keyed hash (HMAC with BLAKE2b, RFC 2104 and 7693). The same address always gives the same pseudonym, and nobody without the key can try
addresses.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection

import polars as pl

from adapters.records.findings import Finding
from otokui.data_contract.rules import RULES
from otokui.errors import BadSettings, PersonalData
from otokui.identity.hashing import MIN_KEY_BYTES, pseudonym

_WORDS = {"email", "mail", "mailaddress", "emailaddress", "phone", "phonenumber", "telephone", "tel", "telno", "mobile", "cellphone", "fax",
          "address", "street", "surname", "firstname", "lastname", "fullname", "givenname", "familyname", "middlename",
          "customername", "username", "kana", "furigana", "ipaddress"}  # fmt: skip
_ENDINGS = {"email", "mail", "phone", "telephone", "tel", "mobile", "fax", "address", "surname"}
_JAPANESE = ("電話", "携帯番号", "氏名", "名前", "住所", "メールアドレス", "フリガナ", "ふりがな", "苗字", "名字")
_JAPANESE_WHOLE = {"メール", "姓", "名", "姓名", "カナ", "カナ氏名", "番地"}
_HARMLESS = {"directmail"}
NAMELESS = ("products", "events", "order_lines", "transactions")
"""Tables with a bare ``name`` column of a thing, not of a person."""


def named_personal(column: str, table: str) -> bool:
    """Return whether a column's name announces personal data.

    Any width and case, in English or Japanese.
    """
    plain = unicodedata.normalize("NFKC", column).strip()
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", plain).casefold()
    words = [re.sub(r"\d+$", "", word) for word in re.split(r"[\W_]+", spaced) if word]
    joined = "".join(words)
    if joined in _HARMLESS or not words:
        return False
    if joined == "name":
        return table not in NAMELESS
    if words[-1] == "name" and any(
        w in ("first", "last", "full", "given", "family", "customer", "middle", "user", "person") for w in words
    ):
        return True
    return joined in _WORDS or words[-1] in _ENDINGS or any(part in plain for part in _JAPANESE) or plain in _JAPANESE_WHOLE


class PersonalDataFilter:
    """Filter of one table's columns: refused, hashed or unchanged."""

    def __init__(self, table: str, hash_columns: Collection[str] = (), hash_key_env: str = "OTOKUI_HASH_KEY") -> None:
        self._table, self._hashed = table, frozenset(hash_columns)
        self._key_env = hash_key_env

    def refuse_by_name(self, columns: Collection[str], file: str) -> None:
        """Refuse a file with a column that is named like personal data and not hashed.

        Raises:
            PersonalData: a column has such a name.
        """
        for column in columns:
            if column not in self._hashed and named_personal(column, self._table):
                finding = Finding(self._table, file, "personal_data", column, detail="by its name")
                raise PersonalData(finding.says, fix=RULES["personal_data"].fix)

    def pass_through(self, chunk: pl.DataFrame, columns: Collection[str]) -> pl.DataFrame:
        """Return the chunk with listed columns hashed.

        Raises:
            BadSettings: a column is to be hashed and the shop's key is not set.
        """
        hashed = [self._pseudonyms(chunk[column]) for column in columns if column in self._hashed]
        return chunk.with_columns(hashed)

    def _pseudonyms(self, column: pl.Series) -> pl.Series:
        key = os.environ.get(self._key_env, "").encode()
        if len(key) < MIN_KEY_BYTES:
            raise BadSettings(
                f"{self._table}: column {column.name!r} is to be hashed, but {self._key_env} holds no key of {MIN_KEY_BYTES} bytes or more",
                fix=f"set the environment variable {self._key_env} to the shop's secret key, and keep it: another key gives other ids",
            )
        texts = column.cast(pl.String)
        values = [v for v in texts.unique().to_list() if v]
        return texts.replace_strict(values, [pseudonym(v, key) for v in values], default=None, return_dtype=pl.String).alias(column.name)
