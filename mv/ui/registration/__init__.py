"""The screens of registering afterwards: numbers, a pasted list, a file, the day's bookings."""
