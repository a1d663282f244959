"""Expected value of a contact: uplift, retention, costs and shadow prices."""
