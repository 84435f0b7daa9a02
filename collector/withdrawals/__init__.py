"""What must not come back when an older day is restored: kept in a ledger outside the database."""
