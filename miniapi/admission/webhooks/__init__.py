"""Admission webhooks: which of them a write concerns, the reviews sent to them, what their answers mean.

What belongs here is shared by the plugins MutatingAdmissionWebhook and ValidatingAdmissionWebhook.
"""
