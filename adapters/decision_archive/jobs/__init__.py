"""Decision jobs of a shop as folders.

They are shared by the services that accept jobs and the worker that makes the decisions.
"""
