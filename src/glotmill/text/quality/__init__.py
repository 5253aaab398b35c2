"""Quality of documents as models see it: what they read, how they are trained, judged and calibrated."""
