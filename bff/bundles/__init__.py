"""The release book: which H5 releases the bank has published, what each may call, and which are called back."""
