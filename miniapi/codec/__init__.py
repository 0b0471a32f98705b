"""From bytes of a media type to plain objects and back, and which media type a client gets."""
