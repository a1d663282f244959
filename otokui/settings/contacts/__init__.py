"""Settings of contacts: channels, messages, contact rules, budget, gate of policies."""
