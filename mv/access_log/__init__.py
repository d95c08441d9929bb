"""The access log followed up: its entries, whether it is whole, samples, signals, a patient's extract."""
