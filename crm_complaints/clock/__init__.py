"""The clock of a service level, in plain Python: no Odoo, no database.

Moments are naive datetimes in UTC, durations are whole seconds.
"""

from .core import Clock
from .schedule import GrowingSchedule, Schedule, WallSchedule, end_of_day
