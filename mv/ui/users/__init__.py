"""The screen of users: who they are, their rights, invitations, and a file of them."""
