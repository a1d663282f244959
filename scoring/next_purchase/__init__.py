"""Next purchase: survival curve, counts by horizon, weekday and hours."""
