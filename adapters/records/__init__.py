"""Records at the door and on disk: read as they come, checked, staged, laid down by version, and read again by query.

The road through the folder: ``reading`` finds the source, ``checking`` applies the contract, ``batch`` and ``staging`` put a night
together, ``versions`` settles corrections, ``writing`` and ``log`` make it visible in one step; ``source_duckdb``, ``source_spark`` and
``source_held`` hand records back.
"""
