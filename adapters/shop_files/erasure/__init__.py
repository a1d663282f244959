"""Erasure of customers from the files of a shop's folder; the ledger's part is ``adapters.ledger.erasure``."""
