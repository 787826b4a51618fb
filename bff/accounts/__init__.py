"""Class II accounts: the application, the account and its funding from the bound card."""
