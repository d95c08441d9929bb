"""Downloads: tickets for them, and the route that streams them."""
