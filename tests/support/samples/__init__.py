"""The makers of crm's demonstration records.

    python -m tests.support.samples     writes solutions/crm/samples anew

Everything is invented, and the same at every run: one seed, no clock. Dates are days
before or after the day of loading.
"""
