"""Evidence from a shop's own records: active hours, churn signals, value of a repeat purchase, response counts."""
