"""The list of features and its fingerprint."""

from features import catalogue
from features.catalogue import CATALOGUE, _code, feature_names, fingerprint, reads


def test_names_are_in_order_and_once() -> None:
    """The first is recency; no column stands twice."""
    assert feature_names()[0] == "recency_days"
    assert len(set(feature_names())) == len(feature_names()) >= 70


def test_reads_goes_through_shared_values_to_columns() -> None:
    """A feature of gaps reads the last eight purchases."""
    by_name = {feature.name: feature for feature in CATALOGUE}

    assert reads(by_name["recent_gap_max_days"]) == tuple(f"purchase_at_{k}" for k in range(1, 9))
    assert reads(by_name["recency_days"]) == ("last_purchase_at",)
    assert reads(by_name["weekday"]) == ()


class TestFingerprint:
    SOURCE = 'def recency(a, b):\n    """Days."""\n    return (a - b) / 86400  # seconds\n'

    def test_layout_comments_and_docstrings_do_not_count(self) -> None:
        """Rewording is no new feature."""
        reworded = 'def recency(a, b):\n    """Days since."""\n    return (\n        (a - b)\n        / 86400\n    )\n'

        assert _code(self.SOURCE) == _code(reworded)

    def test_a_changed_definition_counts(self) -> None:
        """Another divisor is another feature."""
        assert _code(self.SOURCE) != _code(self.SOURCE.replace("86400", "3600"))

    def test_it_follows_the_catalogue(self, monkeypatch) -> None:
        """One feature less, or another meaning of null, is another set."""
        whole = fingerprint()
        fingerprint.cache_clear()
        monkeypatch.setattr(catalogue, "CATALOGUE", CATALOGUE[1:])

        assert len(whole) == 64
        assert fingerprint() != whole

        fingerprint.cache_clear()

    def test_it_is_the_same_every_time(self) -> None:
        """Nothing of the process is in it."""
        first = fingerprint()
        fingerprint.cache_clear()

        assert fingerprint() == first

    def test_another_wording_of_what_to_ask_for_refuses_no_model(self) -> None:
        """What a contact could ask for is no part of what a feature is; its unit is."""
        declared = '@feature(unit="days", null="never", change=Change("buy again", "x"))\n' + self.SOURCE

        assert _code(declared) == _code(declared.replace("buy again", "come again"))
        assert _code(declared) != _code(declared.replace('unit="days"', 'unit="weeks"'))
