"""Settings of the running service and of the stores it reads."""
