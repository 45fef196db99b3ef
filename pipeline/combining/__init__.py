"""Classifiers measured and combined on labelled reviews: weights of ensembles, thresholds of cascades."""
