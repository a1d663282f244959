"""Records brought into the ledger, and what responses are counted from them."""
