"""Follow-up of the access log: entries, hash chain, samples, signals and the patient's extract."""
