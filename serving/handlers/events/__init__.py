"""Events: items of a call read one by one, stored together, answered item by item."""
