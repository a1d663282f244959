"""CODE -> REFERENCE PAGES. ``python -m tools.reference`` writes docs/reference/, ``--check`` says what is not current.

Whatever the code knows as data (contracts, settings, features, errors, verbs, requests) is printed from there.
A page written by hand beside it would be right on one day only.
"""
