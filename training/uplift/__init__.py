"""Uplift: effects of contacts, learnt from logged contacts against those held back."""
