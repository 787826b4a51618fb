"""The native-bridge contract, what is made from it, and the shell in the browser."""
