"""Metrics of the hub, beside those of any service. Names are promises to who scrapes them. Pure."""

from collector.door import METRICS_COUNTED, METRICS_READ, NANO, Metric

# -- counted by each process -----------------------------------------------------------------------------------------

HITS = Metric("sirius_ready_hits_total", "counter", "Answers given from memory.")
MISSES = Metric("sirius_ready_misses_total", "counter", "Answers that had to be made.")
FORGOTTEN = Metric(
    "sirius_ready_forgotten_total", "counter", "Answers forgotten, because something changed or for want of room.",
    ("why",),
)  # fmt: skip
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
COUNTED = (*METRICS_COUNTED, HITS, MISSES, FORGOTTEN, ENTRIES, BYTES, CHANGE_SEEN, CHANGES_READ, UNTAKEN_SINCE)
"""Gauges are of one living process, which the label ``process`` names."""

# -- read when they are asked for, the same from every process and host ----------------------------------------------

WAITING = Metric("sirius_waiting", "gauge", "What waits for somebody to read or decide.", ("what",))
WAITING_OLDEST = Metric(
    "sirius_waiting_oldest_seconds", "gauge", "How long the oldest has waited; 0 when nothing does.", ("what",)
)
UNTAKEN = Metric("sirius_responses_untaken", "gauge", "Responses, changes and withdrawals not yet taken in.")
SET_ASIDE = Metric("sirius_responses_set_aside", "gauge", "Responses that no formation could be found for.")
MESSAGES = Metric("sirius_webhook_messages", "gauge", "Messages owed to webhooks: due, or leaving.", ("state",))
MESSAGE_OLDEST = Metric(
    "sirius_webhook_message_oldest_seconds", "gauge", "Age of the oldest message owed, to the hour; 0: none."
)
WEBHOOKS = Metric("sirius_webhooks", "gauge", "Webhooks that run, or were stopped.", ("state",))
CHANGE_LAST = Metric("sirius_change_last", "gauge", "Number of the last change.")
CHANGES_BEHIND = Metric(
    "sirius_changes_behind", "gauge", "Changes that the corpus has not followed yet: exports, mirrors, webhooks."
)
READ = (
    *METRICS_READ, WAITING, WAITING_OLDEST, UNTAKEN, SET_ASIDE, MESSAGES, MESSAGE_OLDEST, WEBHOOKS, CHANGE_LAST,
    CHANGES_BEHIND,
)  # fmt: skip
