"""What several tests share: a PostgreSQL server, counts of campaigns, a type check."""
