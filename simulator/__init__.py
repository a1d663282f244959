"""A shop with hidden truth: what is generated here is all that anything else may know of it (mission M7)."""
