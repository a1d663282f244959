"""Every way of failing, each with what to do about it.

::

    OtokuiError            exit 1   HTTP 500
    ├── BadInput           exit 2   HTTP 422   an argument or a request that cannot be meant
    │   ├── BadSettings    exit 2   HTTP 500   otokui.toml: file, key, rule
    │   ├── BadRecords     exit 3   HTTP 422   a file refused whole: table, column, rule, rows
    │   └── PersonalData   exit 3   HTTP 422   an e-mail address, phone number or name at the door
    ├── NotEnoughData      exit 4   HTTP 409   nothing can be learnt yet, and why
    ├── SkewError          exit 5   HTTP 503   model and build disagree about the features
    ├── BrokenModel        exit 6   HTTP 503   a model file that is not what its manifest says
    ├── Unavailable        exit 7   HTTP 503   a store, registry or ledger cannot be read
    │   └── LedgerBehind   exit 7   HTTP 503   the ledger lacks opt-outs that are on record
    ├── Missing            exit 8   HTTP 404   what was named does not exist (yet)
    ├── Conflict           exit 9   HTTP 409   a second run, or a key reused with another body
    └── NotPromoted        exit 10  HTTP 409   a gate did not let a policy or a model pass
"""

from __future__ import annotations

from typing import ClassVar


class OtokuiError(Exception):
    """What happened, what was expected, and what to do: ``fix`` cannot be forgotten."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, detail: str, *, fix: str) -> None:
        super().__init__(f"{detail}. To fix it: {fix}")
        self.detail = detail
        self.fix = fix


class BadInput(OtokuiError):
    """An argument or a request that cannot be meant."""

    exit_code = 2
    http_status = 422


class BadSettings(BadInput):
    """A configuration file that cannot be followed."""

    http_status = 500


class BadRecords(BadInput):
    """A file of records that was refused whole; nothing of it was kept."""

    exit_code = 3


class PersonalData(BadRecords):
    """Names, e-mail addresses or phone numbers stand where only pseudonymous data may."""


class NotEnoughData(OtokuiError):
    """The records do not suffice to learn what was asked."""

    exit_code = 4
    http_status = 409


class SkewError(OtokuiError):
    """What was learnt and what is computed now do not belong together."""

    exit_code = 5
    http_status = 503


class FeatureSetMismatch(SkewError):
    """The model was trained on other features than this build computes."""

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
    """A model file that is not what its manifest says, or that does not score."""

    exit_code = 6
    http_status = 503


class Unavailable(OtokuiError):
    """A store, a registry or the ledger cannot be read or written."""

    exit_code = 7
    http_status = 503


class LedgerBehind(Unavailable):
    """The ledger has not taken all consents, suppressions and contacts on record: nobody may be contacted on what it knows."""


class Missing(OtokuiError):
    """What was named does not exist, or not yet."""

    exit_code = 8
    http_status = 404


class Conflict(OtokuiError):
    """Two things claim the same place: a second run, or a key reused with another body."""

    exit_code = 9
    http_status = 409


class NotPromoted(OtokuiError):
    """A policy or a model that a gate held back: it is worth less than what is live, or that cannot be told; nothing was changed."""

    exit_code = 10
    http_status = 409
