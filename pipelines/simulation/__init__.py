"""The closed loop against the simulated shop: days pass, a policy speaks, a referee looks on, a twin stands by.

Apart from the verb's other half (``pipelines.simulation.write_records`` writes a shop's tables and is done), because here the world
answers: what is decided tonight changes what comes in tomorrow.
"""
