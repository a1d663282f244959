"""Things one runs. Thin: read, call the core, write; the core never learns where its input came from."""

import os

# Read while LightGBM's OpenMP is being loaded, so it must stand before any import of it: threads that wait for one another then sleep
# instead of spinning. On a machine with other work, spinning made training with two threads four times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
