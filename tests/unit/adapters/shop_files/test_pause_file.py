"""The pause of all contacts: it holds at once, in every process, and whatever is written in its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.ledger import open_ledger
from adapters.shop_files.pause_file import FILE_NAME, ContactPause
from otokui.errors import Unavailable
from tests.contract.ledgers import CHANNELS, MESSAGES, NOW, consents, place
from tests.places import taken


def test_no_place_is_given_until_contacts_are_resumed(tmp_path: Path) -> None:
    """Another process began it; who asks is told since when and why, and reading goes on."""
    pause, url = ContactPause(tmp_path), f"sqlite:///{tmp_path}/ledger.db"
    shop = {"channels": CHANNELS, "messages": MESSAGES, "contact_cap": 3, "contact_cap_days": 7}
    with open_ledger(url, **shop, paused=pause.text) as ledger:  # type: ignore[arg-type]
        ledger.import_consents(consents(("ada", "email", True, 5)))
        ContactPause(tmp_path).begin("a wrong message is live", NOW, "UTC")

        with pytest.raises(Unavailable, match=r"paused since 1972-09-27T00:00:00\+00:00: a wrong message is live"):
            taken(ledger, [place("d1")], NOW)
        assert ledger.contact_state(["ada"], NOW).consented[0, 0] == 1

        assert pause.end()
        assert taken(ledger, [place("d1")], NOW) == [True]
        assert not pause.end()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"since": 1}'])
def test_a_file_that_cannot_be_read_pauses(tmp_path: Path, content: str) -> None:
    """Unknown means no."""
    (tmp_path / FILE_NAME).write_text(content, encoding="utf-8")

    assert ContactPause(tmp_path).text() == "contacts are paused"
