"""One schema model for built-in and custom kinds, and what is compiled from it: conversion, defaults, checks.

Rules of one kind do not belong here: they are strategies and validations.
"""
