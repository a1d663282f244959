"""History in, models out: labels, folds, fitting, calibration, evaluation and the gate before promotion."""
