"""Every metric: its name, what it says, its labels. Names are promises to who scrapes them. Pure."""

from dataclasses import dataclass
from typing import Literal

NANO = 1_000_000_000
BUCKETS = tuple(
    int(seconds * NANO)
    for seconds in (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
)
"""Upper bounds of durations, in nanoseconds: an answer that is ready takes a tenth of a millisecond."""
WIDTH = len(BUCKETS) + 2
"""Numbers of a histogram: one for each bucket, one for what is slower, and the sum in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric. Whole numbers are kept, of which ``unit`` make one of what the name says."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    about: str
    labels: tuple[str, ...] = ()
    unit: int = 1

    @property
    def width(self) -> int:
        """How many numbers one series takes."""
        return WIDTH if self.kind == "histogram" else 1


# -- counted by each process -----------------------------------------------------------------------------------------

REQUESTS = Metric(
    "sirius_http_request_duration_seconds", "histogram", "Time to answer, by route, method and class of status.",
    ("route", "method", "status"), NANO,
)  # fmt: skip
HITS = Metric("sirius_ready_hits_total", "counter", "Answers given from memory.")
MISSES = Metric("sirius_ready_misses_total", "counter", "Answers that had to be made.")
FORGOTTEN = Metric(
    "sirius_ready_forgotten_total", "counter", "Answers forgotten, because something changed or for want of room.",
    ("why",),
)  # fmt: skip
FAILURES = Metric("sirius_background_failures_total", "counter", "Steps of the background work that failed.", ("step",))
ENTRIES = Metric("sirius_ready_entries", "gauge", "Answers that are ready, of each process.")
BYTES = Metric("sirius_ready_bytes", "gauge", "Memory that they take.")
CHANGE_SEEN = Metric("sirius_change_seen", "gauge", "Number of the last change that a process saw; 0: none yet.")
CHANGES_READ = Metric(
    "sirius_changes_read_timestamp_seconds", "gauge", "When a process last could look for changes.", unit=NANO
)
UNTAKEN_SINCE = Metric(
    "sirius_response_untaken_seconds", "gauge",
    "For how long a process has seen the oldest response wait that the hub has not taken in: at least.", unit=NANO,
)  # fmt: skip
RESIDENT = Metric("sirius_process_resident_memory_bytes", "gauge", "Memory that a process holds.")
DESCRIPTORS = Metric("sirius_process_open_fds", "gauge", "Files and connections that a process holds open.")
MOST_DESCRIPTORS = Metric("sirius_process_max_fds", "gauge", "How many it may.")
PROCESSOR = Metric("sirius_process_cpu_seconds", "gauge", "Processor time that a living process has taken.", unit=NANO)
STARTED = Metric("sirius_process_start_time_seconds", "gauge", "When a process started.", unit=NANO)
COUNTED = (
    REQUESTS, HITS, MISSES, FORGOTTEN, FAILURES, ENTRIES, BYTES, CHANGE_SEEN, CHANGES_READ, UNTAKEN_SINCE, RESIDENT,
    DESCRIPTORS, MOST_DESCRIPTORS, PROCESSOR, STARTED,
)  # fmt: skip
"""Gauges are of one living process, which the label ``process`` names."""

# -- read when they are asked for, the same from every process and host ----------------------------------------------

BUILD = Metric("sirius_build_info", "gauge", "What runs; always 1.", ("version", "python", "database"))
PROCESSES = Metric("sirius_processes", "gauge", "Living processes of this host.")
DATABASE = Metric("sirius_database_up", "gauge", "1 when a database answers.", ("database",))
FREE = Metric("sirius_data_free_bytes", "gauge", "Room left on the disk of the data folder.")
WAITING = Metric("sirius_waiting", "gauge", "What waits for somebody to read or decide.", ("what",))
WAITING_OLDEST = Metric(
    "sirius_waiting_oldest_seconds", "gauge", "How long the oldest has waited; 0 when nothing does.", ("what",)
)
UNTAKEN = Metric("sirius_responses_untaken", "gauge", "Responses, changes and withdrawals not yet taken in.")
SET_ASIDE = Metric("sirius_responses_set_aside", "gauge", "Responses that no formation could be found for.")
MAILS = Metric(
    "sirius_mails", "gauge",
    "Mails of an outbox: due now, put off after a failure, for later, leaving, or that may have left.",
    ("outbox", "state"),
)  # fmt: skip
MAIL_OLDEST = Metric(
    "sirius_mail_due_oldest_seconds", "gauge", "How long the oldest mail has been due; 0 when none is.", ("outbox",)
)
MESSAGES = Metric("sirius_webhook_messages", "gauge", "Messages owed to webhooks: due, or leaving.", ("state",))
MESSAGE_OLDEST = Metric(
    "sirius_webhook_message_oldest_seconds", "gauge", "Age of the oldest message owed, to the hour; 0: none."
)
WEBHOOKS = Metric("sirius_webhooks", "gauge", "Webhooks that run, or were stopped.", ("state",))
CHANGE_LAST = Metric("sirius_change_last", "gauge", "Number of the last change.")
CHANGES_BEHIND = Metric(
    "sirius_changes_behind", "gauge", "Changes that the corpus has not followed yet: exports, mirrors, webhooks."
)
SUCCESS = Metric(
    "sirius_background_last_success_timestamp_seconds", "gauge",
    "When a step of the background work last succeeded, on any host, to the minute.", ("step",),
)  # fmt: skip
READ = (
    BUILD, PROCESSES, DATABASE, FREE, WAITING, WAITING_OLDEST, UNTAKEN, SET_ASIDE, MAILS, MAIL_OLDEST, MESSAGES,
    MESSAGE_OLDEST, WEBHOOKS, CHANGE_LAST, CHANGES_BEHIND, SUCCESS,
)  # fmt: skip
Figures = dict[Metric, dict[tuple[str, ...], float]]
"""Values by metric, then by its labels."""
