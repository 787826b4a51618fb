"""The docking modes: HTTP in, bus call, HTTP out."""
