"""Next purchase: the survival curve, counts over a horizon, weekday and hours."""
