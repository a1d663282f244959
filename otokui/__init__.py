"""The vocabulary of Otokui: the words every room shares. Imports nothing of ours and no engine."""

__version__ = "0.1.0"
