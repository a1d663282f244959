"""Who leaves a contract: a snapshot of subscribers turned into records, the product's churn model and its peers in cross-validation."""
