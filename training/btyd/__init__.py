"""BTYD models fitted: MBG/NBD, purchase times, reactivation, and the priors from the literature."""
