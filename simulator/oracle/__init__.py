"""The oracle's view: true value of a contact and of a customer."""
