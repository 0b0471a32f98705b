"""The functions of the language and of Kubernetes, one file per library: name -> overloads."""
