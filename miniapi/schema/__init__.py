"""One schema model for built-in and custom kinds, and what is compiled from it: conversion and defaults."""
