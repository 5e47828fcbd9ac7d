"""Inputs and faults of every kind, run for real: does each end well, or in one clear sentence?"""
