"""The core bank behind an ESB: messages, their two wire formats, the adapter, and a front for demonstration."""
