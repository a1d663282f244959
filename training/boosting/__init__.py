"""LightGBM: the survival objective, fitting, bagging, calibration, effects of cut-offs."""
