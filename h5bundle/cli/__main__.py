"""``python -m h5bundle.cli``: the command line without its entry point."""

from h5bundle.cli import main

main()
