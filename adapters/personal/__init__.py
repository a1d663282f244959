"""Personal data by content: what a value looks like, how it is removed from rows, and how it is masked in messages."""
