"""What is short shared over the whole base: the search for prices, by shards, and the last places filled (mission R8)."""
