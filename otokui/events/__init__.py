"""Events and feedback as they reach the service: typed items, whatever dialect they came in."""
