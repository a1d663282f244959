"""Things one runs. Thin: read, call the core, write; the core never learns where its input came from."""
