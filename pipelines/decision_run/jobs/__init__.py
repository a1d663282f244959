"""Decision jobs that were asked for over HTTP: the plan of each, and the worker that carries them out."""
