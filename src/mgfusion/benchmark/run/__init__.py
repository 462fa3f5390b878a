"""Methods x data sets: what is planned, done and kept."""
