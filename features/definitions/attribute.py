"""Features of the shop's own customer attributes, in the order of ``[records] attributes``.

Each is a code. There is one function a column, though they are alike: a feature's name, input and place in the vector are read from its
function.
"""

from __future__ import annotations

from typing import Final

from features.definitions.profile import CUSTOMERS
from features.feature import feature
from otokui.frames import Floats

NOT_NAMED: Final = "not on record, or not configured"


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_1_code(attribute_1_code: Floats) -> Floats:
    """The first attribute of [records] attributes, hashed. From: customers."""
    return attribute_1_code


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_2_code(attribute_2_code: Floats) -> Floats:
    """The second attribute of [records] attributes, hashed. From: customers."""
    return attribute_2_code


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_3_code(attribute_3_code: Floats) -> Floats:
    """The third attribute of [records] attributes, hashed. From: customers."""
    return attribute_3_code


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_4_code(attribute_4_code: Floats) -> Floats:
    """The fourth attribute of [records] attributes, hashed. From: customers."""
    return attribute_4_code


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_5_code(attribute_5_code: Floats) -> Floats:
    """The fifth attribute of [records] attributes, hashed. From: customers."""
    return attribute_5_code


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_6_code(attribute_6_code: Floats) -> Floats:
    """The sixth attribute of [records] attributes, hashed. From: customers."""
    return attribute_6_code


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_7_code(attribute_7_code: Floats) -> Floats:
    """The seventh attribute of [records] attributes, hashed. From: customers."""
    return attribute_7_code


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_8_code(attribute_8_code: Floats) -> Floats:
    """The eighth attribute of [records] attributes, hashed. From: customers."""
    return attribute_8_code


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_9_code(attribute_9_code: Floats) -> Floats:
    """The ninth attribute of [records] attributes, hashed. From: customers."""
    return attribute_9_code


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_10_code(attribute_10_code: Floats) -> Floats:
    """The tenth attribute of [records] attributes, hashed. From: customers."""
    return attribute_10_code


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_11_code(attribute_11_code: Floats) -> Floats:
    """The eleventh attribute of [records] attributes, hashed. From: customers."""
    return attribute_11_code


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_12_code(attribute_12_code: Floats) -> Floats:
    """The twelfth attribute of [records] attributes, hashed. From: customers."""
    return attribute_12_code


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_13_code(attribute_13_code: Floats) -> Floats:
    """The thirteenth attribute of [records] attributes, hashed. From: customers."""
    return attribute_13_code


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_14_code(attribute_14_code: Floats) -> Floats:
    """The fourteenth attribute of [records] attributes, hashed. From: customers."""
    return attribute_14_code


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_15_code(attribute_15_code: Floats) -> Floats:
    """The fifteenth attribute of [records] attributes, hashed. From: customers."""
    return attribute_15_code


@feature(unit="code, 0..31", null=NOT_NAMED, source=CUSTOMERS)
def attribute_16_code(attribute_16_code: Floats) -> Floats:
    """The sixteenth attribute of [records] attributes, hashed. From: customers."""
    return attribute_16_code
