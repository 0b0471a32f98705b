"""One file per verb, each with `serve(context, scope)`; verbs do not know each other."""
