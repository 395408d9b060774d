"""Simple classifiers that a network is compared with on the same texts: the largest class, TF-IDF and regression, fastText."""
