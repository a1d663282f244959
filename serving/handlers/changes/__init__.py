"""Change feed and webhooks: cursor and rows of changes."""
