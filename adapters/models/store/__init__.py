"""Live models in the shop's folder, and the canary that tries them before."""
