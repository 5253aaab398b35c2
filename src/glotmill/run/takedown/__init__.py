"""Taking documents out of finished corpora: what goes, in which order, so that nothing of it is left and nothing comes back."""
