"""Explanations: reasons, compared candidates, and the JSON of a decision."""
