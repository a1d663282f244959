"""Test sends: a message forced for the shop's test customers, as a sheet to sign."""
