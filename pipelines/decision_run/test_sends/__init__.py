"""Test sends: a message forced for the shop's test customers, as a sheet to check and sign before anybody else gets it."""
