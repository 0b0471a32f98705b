"""The Common Expression Language as Kubernetes has it: parse, check against declared types, evaluate, count the cost.

`environment` is the seam: variables with their types -> compile -> a program or what is wrong with the text. What
belongs here knows nothing of the objects that it judges.
"""
