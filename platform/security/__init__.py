"""Who may do what: actors, the one access predicate, sign-in, sessions and tokens."""
