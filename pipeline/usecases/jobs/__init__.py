"""Work divided among processes: what is to be done is in the records, and done once, whoever is killed meanwhile."""

from __future__ import annotations

from pipeline.usecases.jobs.desk import Beating as Beating
from pipeline.usecases.jobs.desk import JobDesk as JobDesk
from pipeline.usecases.jobs.desk import JobPatience as JobPatience
from pipeline.usecases.jobs.desk import Performed as Performed
from pipeline.usecases.jobs.performing import perform as perform
from pipeline.usecases.jobs.performing import perform_next as perform_next
from pipeline.usecases.jobs.sweeping import SweepRules as SweepRules
from pipeline.usecases.jobs.sweeping import Swept as Swept
from pipeline.usecases.jobs.sweeping import sweep as sweep
from pipeline.usecases.jobs.taking_in import FrontDoor as FrontDoor
from pipeline.usecases.jobs.taking_in import Room as Room
from pipeline.usecases.jobs.taking_in import follow as follow
from pipeline.usecases.jobs.taking_in import take_in_for_workers as take_in_for_workers
