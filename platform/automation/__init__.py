"""Run the rules and expressions of entities: when they start, what they see and do.

`triggers.py` has the steps of the record verbs that run rules, `rules.py` the compiled
rules of an entity, `surroundings.py` what an expression meets in Python, `children.py`
the same in SQL, `expressions.py` the formulas of fields.

Background work: `jobs.py` writes jobs down, `steps.py` does them, each step once,
`workers.py` knows who lives, `job_kinds.py` what there is, `engine.py` the engine.
"""
