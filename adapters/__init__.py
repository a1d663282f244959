"""With what: one technology a file. Only a wiring imports an adapter, so that any of them can be exchanged."""
