"""Emitters: what is made from the compiled contract."""
