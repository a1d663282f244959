"""The effect of contacts: unbiased where randomised, shrunk where nothing is proved, shared where cells share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.uplift.arm_choice import learn_choice
from otokui.errors import BadInput
from otokui.frames import Floats
from training.uplift.contact_rows import Cells, ContactRows
from training.uplift.effects import learn_effects

NAMES = ("recency_days", "purchase_count", "noise")


def drawn(added: object, *, rows: int = 6_000, cells: int = 1, chance: float = 0.5, seed: int = 1) -> ContactRows:
    """Return a randomised experiment; ``added(matrix, cell)`` is the purchase chance that contact adds."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, 3))
    cell = rng.integers(0, cells, rows)
    contacted = rng.random(rows) < chance
    bought = rng.random(rows) < 0.2 + 0.05 * np.tanh(matrix[:, 1]) + contacted * added(matrix, cell)  # type: ignore[operator]  # a lambda of the test
    return ContactRows(NAMES, matrix, cell, contacted, np.full(rows, chance), bought.astype(np.float64), np.arange(rows))


def said(rows: ContactRows, cells: Cells, matrix: Floats) -> Floats:
    found = learn_effects(rows, cells)
    return found.mean(found.columns(NAMES, matrix))


class TestLearnEffects:
    def test_finds_the_effect_and_whose_it_is(self) -> None:
        """Where contact moves only those with a high first feature, they are told from the others."""
        rows = drawn(lambda x, _: 0.2 * (x[:, 0] > 0), rows=12_000)

        effects = said(rows, Cells.alike(("mail",)), rows.matrix)[:, 0]

        assert effects[rows.matrix[:, 0] < 0].mean() < 0.05
        assert 0.15 < effects[rows.matrix[:, 0] > 0].mean() < 0.25

    def test_one_effect_for_all_leaves_customers_together(self) -> None:
        """Without differences to be found, customers differ by less than a fifth of the effect."""
        rows = drawn(lambda x, _: np.full(len(x), 0.1))

        found = learn_effects(rows, Cells.alike(("mail",)))
        effects = found.mean(found.columns(NAMES, rows.matrix))[:, 0]

        assert abs(effects.mean() - 0.1) < 0.03
        assert effects.std() < 0.02

    @pytest.mark.parametrize(("contacts", "used"), [(9_000, False), (11_000, True)])
    def test_many_contacts_are_asked_who_responds(self, contacts: int, used: bool) -> None:
        """Below ten thousand a ridge foretells responses as well as trees."""
        rows = drawn(lambda x, _: 0.1 * (x[:, 0] > 0), rows=round(contacts / 0.9), chance=0.9)

        found = learn_effects(rows, Cells.alike(("mail",)))

        assert (found.outlook.response is not None) == used
        assert found.columns(NAMES, rows.matrix).shape[1] == len(found.slopes[0]) == 5 + used

    def test_few_held_back_are_not_taken_for_differences_between_customers(self) -> None:
        """One in ten is held back and all respond alike: over 20 such shops nobody is told apart by as much as the effect."""
        spreads = []
        for seed in range(20):
            rows = drawn(lambda x, _: np.full(len(x), 0.03), rows=1_000, chance=0.9, seed=seed)
            found = learn_effects(rows, Cells.alike(("mail",)), boost=False)
            spreads.append(float(found.mean(found.columns(NAMES, rows.matrix)).std()))

        assert np.median(spreads) < 0.01
        assert max(spreads) < 0.05

    def test_rows_of_one_customer_do_not_count_as_many_customers(self) -> None:
        """The same customers four times over: the interval is nearly that of having seen them once."""
        once = drawn(lambda x, _: np.full(len(x), 0.05), rows=1_500)
        again = once.rows(np.repeat(np.arange(1_500), 4))

        narrow, wide = (learn_effects(rows, Cells.alike(("mail",)), boost=False).base_variance[0] for rows in (again, once))

        assert narrow == pytest.approx(wide, rel=0.15)

    def test_an_effect_stated_to_fit_some_better_is_that_of_the_customer_in_the_middle(self) -> None:
        """Half feel meant twice as much and respond twice as much: the effect is the one at a fit of 1."""
        fit = np.where(np.arange(12_000) % 2 == 0, 1.0, 2.0)
        rows = drawn(lambda x, _: 0.06 * fit, rows=12_000)

        plain, fitted = (learn_effects(each, Cells.alike(("mail",)), boost=False) for each in (rows, replace(rows, reach=fit)))

        assert float(plain.base[0]) == pytest.approx(0.09, abs=0.015)
        assert float(fitted.base[0]) == pytest.approx(0.06, abs=0.01)

    def test_a_contact_moves_only_who_would_not_buy_anyway(self) -> None:
        """A fifth buys without it; 0.08 more of all is a tenth of those that are left."""
        rows = drawn(lambda x, _: np.full(len(x), 0.08), rows=20_000)

        found = learn_effects(rows, Cells.alike(("mail",)), boost=False, room=True)

        assert float(found.base[0]) == pytest.approx(0.1, abs=0.015)

    def test_the_interval_covers_the_truth(self) -> None:
        """Of 40 experiments, the 80% interval of the mean effect holds the truth in 26 to 38."""
        held = 0
        for seed in range(40):
            found = learn_effects(drawn(lambda x, _: np.full(len(x), 0.05), rows=2_000, seed=seed), Cells.alike(("mail",)), boost=False)
            held += abs(float(found.base[0]) - 0.05) < 1.28 * float(np.sqrt(found.base_variance[0]))

        assert 26 <= held <= 38

    def test_a_new_cell_starts_from_what_it_shares(self) -> None:
        """A message without a single contact gets most of what its scenario has shown, and a wider interval."""
        levels = {"scenario": np.array([0, 0, 0, 1, 1])}
        cells = Cells(tuple("abcde"), levels, np.full(5, 0.01), np.full(5, 0.05))
        rows = drawn(lambda x, cell: np.where(cell < 3, 0.12, 0.0), rows=12_000, cells=5)
        known = rows.rows(rows.cell != 2)

        found = learn_effects(known, cells)

        assert found.base[2] > found.base[3] + 0.05
        assert found.base_variance[2] > found.base_variance[0]

    def test_few_contacts_change_a_prior_little(self) -> None:
        """Twenty contacts against a prior of five hundred: the effect stays near what was assumed."""
        cells = Cells(("a", "b"), {}, np.array([0.02, 0.02]), np.array([0.01, 0.01]))

        found = learn_effects(drawn(lambda x, _: np.full(len(x), 0.5), rows=20, cells=2), cells)

        assert np.allclose(found.base, 0.02, atol=0.03)

    def test_uneven_chances_do_not_bias(self) -> None:
        """Nine in ten contacted, and the one in ten held back: the effect is what it is."""
        rows = drawn(lambda x, _: np.full(len(x), 0.1), rows=20_000, chance=0.9)

        assert abs(float(learn_effects(rows, Cells.alike(("mail",))).base[0]) - 0.1) < 0.03

    def test_one_customer_gets_the_bytes_of_the_batch(self) -> None:
        """The scale of a customer does not depend on who else is in the batch."""
        rows = drawn(lambda x, _: 0.1 * (x[:, 0] > 0))
        found = learn_effects(rows, Cells.alike(("mail",)))

        together = found.scale.apply(NAMES, rows.matrix)

        assert (found.scale.apply(NAMES, rows.matrix[17:18]) == together[17:18]).all()

    def test_who_could_not_be_held_back_is_refused(self) -> None:
        """A certain contact compares with nobody."""
        with pytest.raises(BadInput, match="between 0 and 1"):
            drawn(lambda x, _: np.zeros(len(x)), chance=1.0, rows=10)


class TestLearnChoice:
    def test_without_evidence_everybody_gets_the_best_single_one(self) -> None:
        """Two contacts, of which one is better for everybody: nobody is told apart."""
        cells = Cells.alike(("a", "b"))
        rows = drawn(lambda x, cell: np.where(cell == 1, 0.15, 0.02), cells=2)

        choice = learn_choice(rows, cells, learn_effects(rows, cells))

        assert choice.best == 1
        assert (choice(np.array([[9.0, 0.0], [0.0, 9.0]])) == 1).all() or choice.personal

    def test_with_evidence_each_gets_their_own(self) -> None:
        """Two contacts, each for one half of the customers: they are told apart."""
        cells = Cells.alike(("a", "b"))
        rows = drawn(lambda x, cell: 0.3 * ((x[:, 0] > 0) == (cell == 1)), cells=2, rows=16_000)

        choice = learn_choice(rows, cells, learn_effects(rows, cells))

        assert choice.personal
        assert choice(np.array([[9.0, 0.0], [0.0, 9.0]])).tolist() == [0, 1]
