"""The product warehouse: definitions, quotas, trading days and rule packs, all of them data."""
