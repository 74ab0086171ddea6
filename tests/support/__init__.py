"""What several tests share: a PostgreSQL server, counts of campaigns, the type check."""
