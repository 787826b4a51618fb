"""利民宝 cash sweep: the fund into which an account's idle cash is moved, and out of which it comes at once."""
