"""CEL as admission has it: the variables and functions of policies, webhooks and mutations, and their results.

What belongs here declares and compiles. Who evaluates, with what values, is admission's business.
"""
