"""Goods of the simulated shop: the year, the catalogue, baskets and their delivery."""
