"""Decision jobs of a shop as folders, shared by the services that accept them and the worker that makes the decisions."""
