"""金芒果 wealth sale: suitability, products for sale and orders."""
