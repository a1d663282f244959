"""One label's model fitted: its task, examples, held-out scores, tree size, tuning and manifest."""
