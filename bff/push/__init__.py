"""Messages to customers: the inbox that every app of theirs asks for."""
