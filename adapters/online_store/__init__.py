"""Online stores of summaries: snapshots of a folder, Feast, and product lists."""
