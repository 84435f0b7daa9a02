"""The collector gathers responses: campaigns, tokened links, the questionnaire, durable answers.

It runs alone on its own database and knows nothing of what becomes of the answers. Whoever wants them comes through
``collector.door``.
"""
