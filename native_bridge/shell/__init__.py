"""Files of the shell in the browser, and the check that their colours can be read."""
