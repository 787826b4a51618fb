"""Credit cards: applied for, reviewed, made, activated by a signed contract, spent on, billed and repaid."""
