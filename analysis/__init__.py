"""Records in, what the base looks like out: how customers come back, what drives a prediction, what contacts and signs came to.

One analysis a file, pure: a function over record frames or arrays and an instant, counted strictly before it. It opens no store and writes
no file; a pipeline reads, calls it, and writes what it says.
"""
