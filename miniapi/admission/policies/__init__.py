"""Admission policies in CEL: compiled, bound, given their parameters, evaluated.

What belongs here is shared by the plugins ValidatingAdmissionPolicy and MutatingAdmissionPolicy.
"""
