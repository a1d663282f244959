"""What scikit-learn asks of every estimator before its data come in."""

from __future__ import annotations

from typing import Any

from sklearn.utils import estimator_checks


def bare_manners(estimator: Any) -> None:
    """Run the checks that need no matrix X with one row a sample: defaults, parameters, cloning, repr."""
    name = type(estimator).__name__
    estimator_checks.check_parameters_default_constructible(name, estimator)
    estimator_checks.check_no_attributes_set_in_init(name, estimator)
    estimator_checks.check_get_params_invariance(name, estimator)
    estimator_checks.check_set_params(name, estimator)
    estimator_checks.check_estimator_cloneable(name, estimator)
    estimator_checks.check_estimator_repr(name, estimator)
