"""Postal addresses down to the house; a prefecture, city or ward alone is an area."""

from __future__ import annotations

import re

from adapters.personal.word_lists import word_list

_NUMERAL = r"[\d〇一二三四五六七八九十百]"
_CHOME = rf"{_NUMERAL}+丁目\s?(?:{_NUMERAL}+|[-ーの])|{_NUMERAL}+番地|{_NUMERAL}+番\s?{_NUMERAL}+号?"
_SURE = rf"(?:{_CHOME}|(?<![\d-])\d{{1,3}}-\d{{1,4}}-\d{{1,5}}(?![\d-]))"
_LOOSE = r"(?<![\d-])\d{1,3}-\d{1,5}(?![\d-]|\s?[A-Za-z%個玉本枚袋号月日人歳才分時円パ入カセ])"
_LETTERS = "一-龥々〆ヵヶぁ-んァ-ヴーA-Za-z"
_CITY = rf"[{_LETTERS}]{{1,9}}?[市区郡町村]"
_PREFECTURE = "|".join(sorted(word_list("prefectures.txt")))
_BETWEEN = rf"(?:(?!産|発売)[{_LETTERS}\s・、,の\d大字]){{0,24}}?"

_STRICT = re.compile(rf"(?:{_PREFECTURE}|{_CITY}){_BETWEEN}{_SURE}|(?:{_PREFECTURE})\s?{_CITY}(?:(?!産)[一-龥々ヶの]){{1,12}}{_LOOSE}")
_FREE = re.compile(rf"(?:{_PREFECTURE})[^\d]{{1,24}}?{_LOOSE}|{_CITY}[{_LETTERS}\s]{{0,16}}?{_LOOSE}")
_HOUSE = re.compile(r"\d+丁目\s?\d+|\d+番地|\d+番\d+号")
_BLOCK = re.compile(r"\d-\d|丁目|番")
_PLACE = re.compile("[市区郡町村都道府県]")
_POSTAL = re.compile(r"〒\s?\d{3}-?\d{4}")
_ROMAN = re.compile(
    r"\d{1,4}-\d{1,4}(?:-\d{1,5})?,?\s[A-Z][\w-]{1,30}.{0,80}?(?i:-(?:ku|shi|cho|machi|gun|to|ken|fu)\b|\b(?:tokyo|osaka|kyoto|japan)\b)"
)
_STREET = re.compile(
    r"\b\d{1,5}[A-Za-z]?\s(?:(?:N|S|E|W|North|South|East|West)\.?\s)?(?:[A-Za-z][A-Za-z'.-]*\s){1,4}"
    r"(?:(?i:street|avenue|road|boulevard|drive|lane|court|terrace|crescent|parkway|highway|mews)|St|Ave|Rd|Blvd|Ln|Pkwy|Hwy)\b\.?"
)
_TOWN = re.compile(r",.{0,80}?(?:\b[A-Z]{2}\s\d{5}(?:-\d{4})?\b|\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b)")


def holds_address(text: str, *, free: bool) -> bool:
    """Return whether ``text`` (plain) contains an address down to the house.

    Where the text is not ``free`` (a product's name, an area), a street needs its town and postal code, and blocks their city.
    """
    if "〒" in text and _POSTAL.search(text):
        return True
    street = _STREET.search(text)
    if street is not None and (free or _TOWN.search(text, street.end())):
        return True
    if not _BLOCK.search(text):
        return False
    if _ROMAN.search(text) or (free and _HOUSE.search(text)):
        return True
    return _PLACE.search(text) is not None and (_STRICT.search(text) is not None or (free and _FREE.search(text) is not None))
