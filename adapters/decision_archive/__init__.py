"""Archive of decisions as files: runs, inputs, and logged decisions for replay.

Policy evaluation reads them too.
"""
