"""Routes: the HTTP calls by subject, each registered above its handler."""
