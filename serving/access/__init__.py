"""Access: API keys, roles, addresses, rate limits and the audit trail of the HTTP calls."""
