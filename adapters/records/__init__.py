"""Records of a shop: input, validation, record store and queries.

``input`` reads a source, ``validation`` applies the data contract, and ``store`` stages, versions and commits a batch in one step.
``query`` reads records on DuckDB, on Spark and in memory. ``datasets`` prepares public data sets.
"""
