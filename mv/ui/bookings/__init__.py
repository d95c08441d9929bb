"""The screens of bookings: a booking and its changes, a customer's bookings, and the booking system's files."""
