"""What was asked and answered, told to a log: the policy, the events, the log file.

The filter that watches a request go by is endpoints/filters/audit.py; access logs and metrics are not audit.
"""
