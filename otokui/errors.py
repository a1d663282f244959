"""Errors of Otokui, each with an exit code, an HTTP status and a fix.

::

    OtokuiError            exit 1   HTTP 500
    ├── BadInput           exit 2   HTTP 422   an argument or a request with an invalid value
    │   ├── BadSettings    exit 2   HTTP 500   otokui.toml: file, key, rule
    │   ├── BadRecords     exit 3   HTTP 422   a file refused whole: table, column, rule, rows
    │   └── PersonalData   exit 3   HTTP 422   an e-mail address, phone number or name in the input
    ├── NotEnoughData      exit 4   HTTP 409   too few records, and how many are needed
    ├── SkewError          exit 5   HTTP 503   model and build disagree about the features
    ├── BrokenModel        exit 6   HTTP 503   a model file that is not what its manifest says
    ├── Unavailable        exit 7   HTTP 503   a store, registry or ledger cannot be read
    │   └── LedgerBehind   exit 7   HTTP 503   the ledger lacks opt-outs that are on record
    ├── Missing            exit 8   HTTP 404   a named object does not exist (yet)
    ├── Conflict           exit 9   HTTP 409   a second run, or a key reused with another body
    └── NotPromoted        exit 10  HTTP 409   a gate did not let a policy or a model pass
"""

from __future__ import annotations

from typing import ClassVar


class OtokuiError(Exception):
    """Error with what happened, what was expected, and the required ``fix``."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, detail: str, *, fix: str) -> None:
        super().__init__(f"{detail}. To fix it: {fix}")
        self.detail = detail
        self.fix = fix


class BadInput(OtokuiError):
    """Argument or request with an invalid value."""

    exit_code = 2
    http_status = 422


class BadSettings(BadInput):
    """Settings file with an invalid value."""

    http_status = 500


class BadRecords(BadInput):
    """File of records refused whole; nothing of it was stored."""

    exit_code = 3


class PersonalData(BadRecords):
    """Names, e-mail addresses or phone numbers in data that must be pseudonymous."""


class NotEnoughData(OtokuiError):
    """Too few records to train or estimate the model requested."""

    exit_code = 4
    http_status = 409


class SkewError(OtokuiError):
    """Model and build that do not match: features, definitions or policies differ."""

    exit_code = 5
    http_status = 503


class FeatureSetMismatch(SkewError):
    """Model trained on other features than this build computes."""

    def __init__(self, model: str, missing: set[str], extra: set[str]) -> None:
        differs = (
            f"another feature set (missing here: {sorted(missing)}; new here: {sorted(extra)})"
            if missing or extra
            else "other definitions of the same features"
        )
        super().__init__(
            f"model {model!r} was trained on {differs}",
            fix="run `otokui train` on this build, or deploy the build that trained it",
        )


class BrokenModel(OtokuiError):
    """Model file with a wrong digest, or without valid scores."""

    exit_code = 6
    http_status = 503


class Unavailable(OtokuiError):
    """Store, registry or ledger that cannot be read or written."""

    exit_code = 7
    http_status = 503


class LedgerBehind(Unavailable):
    """Ledger that lacks consents, suppressions or contacts on record: nobody may be contacted."""


class Missing(OtokuiError):
    """Named object that does not exist, or not yet."""

    exit_code = 8
    http_status = 404


class Conflict(OtokuiError):
    """Conflict of two runs, or of an idempotency key with another body."""

    exit_code = 9
    http_status = 409


class NotPromoted(OtokuiError):
    """Policy or model held back by a gate; nothing was changed.

    It is worth less than the live one, or there is too little evidence.
    """

    exit_code = 10
    http_status = 409
