"""Running a bundle's own tests: its page in a real browser, under its CSP and the contract, with declared answers."""
