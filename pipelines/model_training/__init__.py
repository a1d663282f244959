"""Model training as one runs it: data, train, tune, evaluate, promote."""
