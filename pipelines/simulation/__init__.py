"""Closed loop against the simulated shop: policy, referee and twin without contacts.

Apart from the verb's other half (``pipelines.simulation.write_records`` writes a shop's tables and is done), because here the world
answers: what is decided tonight changes what comes in tomorrow.
"""
