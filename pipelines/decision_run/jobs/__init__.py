"""Decision jobs posted over HTTP: the plan of each, and their worker."""
