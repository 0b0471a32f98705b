"""What a cluster would do around the server: one file per built-in controller, fed by the loopback client."""
