"""Files that a customer keeps: a table as CSV and as PDF, and the operations that answer with them."""
