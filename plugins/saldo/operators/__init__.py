"""Operators: a few lines each, from a task's context to a function of the floor below."""
