"""Which entity a data point becomes.

`<platform>.py` hold the tables, plain data and no logic: rows by category, and common rows for codes that mean the
same in every category. `generic` gives every data point that no table knows the entity of its type. `plan` puts the
three together; platforms read what it says.
"""

from .plan import EntityPlan, plan_entities, plan_live_view

__all__ = ["EntityPlan", "plan_entities", "plan_live_view"]
